import t from 'tap';
import { itemOf } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';
import { pageVisitor } from '../page-visitor.js';

const DAY_MS = 86_400_000;
const counts = (succeeded: number, failed: number) => ({
  total: succeeded + failed,
  processed: succeeded + failed,
  succeeded,
  failed,
  skipped: 0,
});
/** The text of a page without its HTML tags. */
const wordsOf = (html: string) => html.replace(/<[^>]+>/g, '').replace(/\s+/g, ' ');
const groupsIn = (body: string) =>
  [...body.matchAll(/<li><a href="failures\?.*?<\/li>/gs)].map(([text]) => wordsOf(text).trim());

t.test('the failure page as a worklist', async (t) => {
  const site = await hubSite(t, { beginning: Date.now() - 2 * DAY_MS });
  const { tenantId, persons } = await site.tenant('contoso', 'Contoso');
  const { builder } = site;
  const operator = await pageVisitor(site, persons.operator);
  const support = await pageVisitor(site, persons.support);

  async function inventory(key: string, failing: readonly string[], names: readonly string[]) {
    const runId = await builder.queue(tenantId, key.repeat(32), { title: `Inventory ${key}` });
    const items = names.map((name) => itemOf(name, failing.includes(name) ? 'failed' : 'succeeded'));
    await builder.toRun(
      tenantId,
      runId,
      { type: 'RunStarted', data: { attempt: 1, worker: 'w' } },
      { type: 'RunItemsRecorded', data: { items } },
      {
        type: 'RunCompleted',
        data: {
          counts: counts(names.length - failing.length, failing.length),
          related: [],
          summary: 'Read.',
        },
      },
    );
    return runId;
  }
  const many = Array.from({ length: 8 }, (_, n) => `policy ${n}`);
  const first = await inventory('a', many, [...many, 'fine']);
  await site.settle();

  await t.test(
    'each group has a line, each run an entry with its first items and a link to the rest',
    async (t) => {
      const { body } = await operator.get('/t/contoso/failures');
      t.equal(groupsIn(body).length, 1);
      t.match(groupsIn(body)[0], /^8 \S+ in inventory\.sync: .*1 run/);
      t.equal((body.match(/<li data-row>/g) ?? []).length, 5);
      const link = `/t/contoso/runs/${first}/items\\?outcome=failed&amp;reason=\\w+`;
      t.match(body, new RegExp(`<a href="${link}">3 more</a>`));
      const landing = new RegExp(`href="(${link}&amp;past=4#item-5)"`).exec(body)?.[1];
      t.ok(landing, 'an item has a link');
      const items = await operator.get((landing ?? '').replaceAll('&amp;', '&'));
      t.equal(/<tr role="row" id="([^"]+)"/.exec(items.body.split('<tbody').at(-1) ?? '')?.[1], 'item-5');
    },
  );

  await t.test('items that succeeded since are marked, and those that failed again, too', async (t) => {
    const second = await inventory('b', ['policy 0'], many);
    await site.settle();
    const { body } = await operator.get('/t/contoso/failures');
    t.match(groupsIn(body)[0], /^9 .*2 runs/);
    t.notMatch(groupsIn(body)[0], 'fixed');
    const entries = wordsOf(body.slice(body.indexOf('failed-runs')));
    t.match(entries, /policy 0 \S.* failed again, in #/);
    t.match(entries, /policy 1 \S.* succeeded since, in #/);
    t.match(body, `/t/contoso/runs/${second}`);

    const third = await inventory('c', [], many);
    await site.settle();
    const fixed = (await operator.get('/t/contoso/failures')).body;
    t.match(groupsIn(fixed)[0], /fixed since #/);
    t.match(fixed, `/t/contoso/runs/${third}`);
    const seen = (await support.get('/t/contoso/failures')).body;
    t.match(groupsIn(seen)[0], /fixed$/, 'support staff read that it is fixed');
    t.notMatch(seen, third, 'and nothing of the run that shows it, which has no failure');
  });

  await t.test(
    'a run that failed is fixed by a later run of the same operation, not by another',
    async (t) => {
      const fail = async (key: string) => {
        const runId = await builder.queue(tenantId, key.repeat(32), { type: 'policy.capture_snapshot' });
        await builder.toRun(tenantId, runId, {
          type: 'RunFailed',
          data: { reasonCode: 'dispatch_failed', reason: 'Nobody came.', counts: counts(0, 0) },
        });
      };
      const succeed = async (key: string) => {
        const runId = await builder.queue(tenantId, key.repeat(32), { type: 'policy.capture_snapshot' });
        await builder.toRun(
          tenantId,
          runId,
          { type: 'RunStarted', data: { attempt: 1, worker: 'w' } },
          { type: 'RunCompleted', data: { counts: counts(0, 0), related: [], summary: 'Done.' } },
        );
      };
      const page = async () => groupsIn((await operator.get('/t/contoso/failures')).body).join('\n');
      await fail('d');
      await succeed('e');
      await site.settle();
      t.notMatch(await page(), /dispatch_failed .*fixed/);
      await succeed('d');
      await site.settle();
      t.match(await page(), /dispatch_failed .*fixed/);
    },
  );

  await t.test('a period leaves out earlier failures', async (t) => {
    t.equal(groupsIn((await operator.get('/t/contoso/failures?last=7d')).body).length, 2);
    const lately = (await operator.get('/t/contoso/failures?last=24h')).body;
    t.equal(groupsIn(lately).length, 0);
    t.match(lately, 'Nothing failed that matches these filters.');
    t.equal((await operator.get('/t/contoso/failures?last=1y')).statusCode, 400);
  });

  await t.test('entries are shown in pages, each once', async (t) => {
    for (let n = 0; n < 30; n++) await inventory('f', ['x'], ['x']);
    await site.settle();
    const seen: string[] = [];
    let url: string | undefined = 'failures';
    while (url) {
      const { body } = await operator.get(`/t/contoso/${url}`);
      seen.push(...[...body.matchAll(/<li id="failed-(\S+)"/g)].map(([, id = '']) => id));
      url = /rel="next" href="([^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&');
    }
    t.equal(seen.length, 33);
    t.equal(new Set(seen).size, seen.length);
  });
});
