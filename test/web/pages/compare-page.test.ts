import t from 'tap';
import type { ItemOutcome } from '../../../src/runs/run-events.js';
import { itemOf } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';
import { pageVisitor } from '../page-visitor.js';

const MANY = 250;
const mainOf = (html: string) =>
  html
    .slice(html.indexOf('<main'), html.indexOf('</main>'))
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');

t.test('two runs side by side', async (t) => {
  const site = await hubSite(t);
  const contoso = await site.tenant('contoso', 'Contoso');
  const fabrikam = await site.tenant('fabrikam', 'Fabrikam');
  const { builder } = site;
  const operator = await pageVisitor(site, contoso.persons.operator);
  async function runWith(tenantId: string, items: readonly ItemOutcome[], input: object) {
    const runId = await builder.queue(tenantId, builder.chance.hex(32), { input: { ...input } });
    await builder.toRun(tenantId, runId, { type: 'RunStarted', data: { attempt: 1, worker: 'w' } });
    for (let from = 0; from < items.length; from += 100)
      await builder.toRun(tenantId, runId, {
        type: 'RunItemsRecorded',
        data: { items: items.slice(from, from + 100) },
      });
    const of = (outcome: string) => items.filter((item) => item.outcome === outcome).length;
    const counts = {
      total: items.length,
      processed: items.length,
      succeeded: of('succeeded'),
      failed: of('failed'),
      skipped: of('skipped'),
    };
    await builder.toRun(tenantId, runId, {
      type: 'RunCompleted',
      data: { counts, related: [], summary: 'Read.' },
    });
    return runId;
  }
  const because = (reasonCode: string, name: string) => ({ ...itemOf(name, 'failed'), reasonCode });
  const rest = Array.from({ length: MANY }, (_, n) => itemOf(`rest ${n}`, 'succeeded'));
  const a = await runWith(
    contoso.tenantId,
    [
      because('graph_forbidden', 'still'),
      because('graph_forbidden', 'other'),
      itemOf('breaks', 'succeeded'),
      because('graph_forbidden', 'mended'),
      itemOf('gone', 'succeeded'),
      itemOf('skips', 'skipped'),
      ...rest,
    ],
    { policyTypes: ['intents'], days: 3 },
  );
  const b = await runWith(
    contoso.tenantId,
    [
      because('graph_forbidden', 'still'),
      because('graph_not_found', 'other'),
      because('graph_not_found', 'breaks'),
      because('graph_not_found', 'came failing'),
      itemOf('mended', 'succeeded'),
      itemOf('came', 'succeeded'),
      itemOf('skips', 'succeeded'),
      ...rest,
    ],
    { policyTypes: ['intents'], days: 4 },
  );
  const foreign = await runWith(fabrikam.tenantId, rest.slice(0, 1), {});
  await site.settle();
  const compare = (query: string) => operator.get(`/t/contoso/compare?${query}`);
  const rowsIn = (body: string) =>
    [...body.matchAll(/<td role="cell" class="change-(\w+)">.*?<span class="item-label">([^<]+)</gs)].map(
      ([, kind = '', label = '']) => `${kind} ${label.replace('Win - OIB - ', '')}`,
    );

  await t.test('every kind of difference, newly failing first', async (t) => {
    const { body } = await compare(`a=${a}&b=${b}`);
    t.same(rowsIn(body), [
      'newly_failing breaks',
      'newly_failing came failing',
      'other_reason other',
      'still_failing still',
      'fixed mended',
      'other_outcome skips',
      'missing gone',
      'new came',
    ]);
    t.match(mainOf(body), /All differences 8 Newly failing 2 Other reason 1 .* The same 250/);
    t.match(mainOf(body), /policy types Endpoint security the same days 3 4/);
    t.match(mainOf(body), 'not in #', 'what only one has is said');
    t.match(body, `runs/${b}/items?past=2#item-3`, 'an outcome leads to the item');
  });

  await t.test('in the reverse comparison, newly failing items are fixed', async (t) => {
    const { body } = await compare(`a=${b}&b=${a}`);
    t.same(rowsIn(body).slice(0, 2), ['newly_failing mended', 'other_reason other']);
    t.ok(rowsIn(body).includes('fixed breaks'));
  });

  await t.test('one kind, in pages, each item once', async (t) => {
    const seen: string[] = [];
    let url: string | undefined = `compare?a=${a}&b=${b}&kind=same`;
    while (url) {
      const { body } = await operator.get(`/t/contoso/${url}`);
      seen.push(...rowsIn(body));
      url = /rel="next" href="([^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&');
    }
    t.equal(seen.length, MANY);
    t.equal(new Set(seen).size, MANY);
  });

  await t.test('a run with itself, one run alone, and none', async (t) => {
    t.match(mainOf((await compare(`a=${a}&b=${a}`)).body), 'All differences 3', 'what fails, still fails');
    const alone = (await compare(`a=${b}`)).body;
    t.match(alone, `href="compare?a=${a}&amp;b=${b}"`, 'the older one is the first');
    t.match(mainOf((await compare('')).body), 'Choose two runs');
  });

  await t.test('runs of other tenants and unknown runs are refused', async (t) => {
    t.equal((await compare(`a=${a}&b=${foreign}`)).statusCode, 403);
    t.equal((await compare(`a=${foreign}`)).statusCode, 403);
    t.equal((await compare(`a=${'0'.repeat(32)}-7&b=${b}`)).statusCode, 404);
    t.equal((await compare('a=x')).statusCode, 400);
  });

  await t.test('the page of a run leads to the comparison with the one before', async (t) => {
    const { body } = await operator.get(`/t/contoso/runs/${b}`);
    t.match(body, `/t/contoso/compare?a=${a}&amp;b=${b}`);
    const support = await pageVisitor(site, contoso.persons.support);
    t.notMatch((await support.get(`/t/contoso/runs/${b}`)).body, '/compare?');
  });
});
