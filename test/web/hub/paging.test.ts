import t from 'tap';
import { itemOf } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';

const RUNS = 130;
const EVENTS = 2_000;
const numbersIn = (html: string) => [...html.matchAll(/id="run-(\d+)"/g)].map((match) => Number(match[1]));
const linkIn = (html: string, rel: string) =>
  new RegExp(`rel="${rel}" href="([^"]+)"`).exec(html)?.[1]?.replaceAll('&amp;', '&');

t.test('the list pages there and back, each run once, while new runs arrive', async (t) => {
  const site = await hubSite(t);
  const { tenantId, persons } = await site.tenant('contoso');
  const { builder } = site;
  for (let n = 0; n < RUNS; n++) {
    await builder.queue(tenantId, builder.chance.hex(32), {
      type: n % 2 ? 'drift.generate' : 'inventory.sync',
    });
  }
  await site.settle();
  const cookie = await site.cookieOf(persons.readonly);
  const get = async (path: string) =>
    (await site.app.inject({ url: `/t/contoso/${path}`, headers: { cookie } })).body;

  const pages: number[][] = [];
  let link: string | undefined = 'operations';
  let last = '';
  while (link) {
    last = await get(link);
    pages.push(numbersIn(last));
    link = linkIn(last, 'next');
    // A run that is added between two pages must not change older pages.
    if (link) await builder.queue(tenantId, builder.chance.hex(32));
    await site.settle();
  }
  const seen = pages.flat();
  t.same(
    pages.map((page) => page.length),
    [50, 50, 30],
  );
  t.equal(new Set(seen).size, RUNS, 'each once');
  t.same(
    seen,
    [...seen].sort((one, other) => other - one),
    'newest first',
  );
  t.same(numbersIn(await get(linkIn(last, 'prev') ?? '')), pages[1], 'and back');

  const filtered = await get(`operations?not_type=a.b&not_type=c.d&initiator=${persons.operator}`);
  const form = filtered.slice(
    filtered.indexOf('filter-form'),
    filtered.indexOf('</form>', filtered.indexOf('filter-form')),
  );
  for (const kept of ['value="a.b" checked', 'value="c.d" checked', `value="${persons.operator}" checked`]) {
    t.ok(form.includes(kept), `the form keeps ${kept}`);
  }
  t.match(filtered, /started by <strong>Operator of contoso/);

  const drift = numbersIn(await get('operations?type=drift.generate'));
  t.equal(drift.length, 50);
  t.match(await get('operations?type=drift.generate'), /All<\/span> <span class="tab-count">65</);
  t.match(
    await get('operations?not_type=drift.generate&not_type=inventory.sync'),
    /Nothing matches these filters/,
  );
});

t.test('a long history is shown in pages of 100, in either order', async (t) => {
  const site = await hubSite(t);
  const { tenantId, persons } = await site.tenant('contoso');
  const { builder } = site;
  const runId = await builder.queue(tenantId, 'd'.repeat(32));
  await builder.toRun(tenantId, runId, { type: 'RunStarted', data: { attempt: 1, worker: 'w' } });
  for (let n = 0; n < EVENTS; n += 100) {
    await builder.toRun(
      tenantId,
      runId,
      ...Array.from({ length: 100 }, (_, index) => ({
        type: 'RunItemsRecorded' as const,
        data: { items: [itemOf(`policy ${n + index}`, 'succeeded')] },
      })),
    );
  }
  await site.settle();
  const headers = { cookie: await site.cookieOf(persons.readonly) };
  for (const order of ['oldest', 'newest']) {
    const revisions: number[] = [];
    let url: string | undefined = `history?order=${order}`;
    while (url) {
      const { body } = await site.app.inject({ url: `/t/contoso/runs/${runId}/${url}`, headers });
      const page = [...body.matchAll(/id="event-(\d+)"/g)].map((match) => Number(match[1]));
      t.ok(page.length <= 100);
      revisions.push(...page);
      url = linkIn(body, 'next');
    }
    const all = Array.from({ length: EVENTS + 2 }, (_, revision) => revision);
    t.same(revisions, order === 'oldest' ? all : all.reverse(), order);
  }
});
