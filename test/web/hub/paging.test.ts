import t from 'tap';
import { completed, itemOf } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';

const RUNS = 130;
const EVENTS = 2_000;
/** More than four pages of inventories, and more waits than a timeline draws. */
const INVENTORIES = 210;
const WAITS = 550;
const numbersIn = (html: string) => [...html.matchAll(/id="run-(\d+)"/g)].map((match) => Number(match[1]));
const linkIn = (html: string, rel: string) =>
  new RegExp(`rel="${rel}" href="([^"]+)"`).exec(html)?.[1]?.replaceAll('&amp;', '&');

t.test('the list is paged in both directions, each run once, while new runs arrive', async (t) => {
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

t.test('a selection of more inventories than a page can show is paged, each inventory once', async (t) => {
  const site = await hubSite(t);
  const { tenantId, persons } = await site.tenant('contoso');
  const { builder } = site;
  const scopeKey = 'e'.repeat(32);
  const made: string[] = [];
  for (let n = 0; n < INVENTORIES; n++) {
    const scope = { scopeKey };
    const runId = await builder.queue(tenantId, builder.chance.hex(32), { type: 'inventory.sync', scope });
    const items = [itemOf(`policy ${n}`, n % 3 ? 'succeeded' : 'failed')];
    await builder.toRun(
      tenantId,
      runId,
      { type: 'RunStarted', data: { attempt: 1, worker: 'w' } },
      { type: 'RunItemsRecorded', data: { items } },
      completed(items, '1 policy read', { inventory: scopeKey }),
    );
    made.push(runId);
  }
  await site.settle();
  const headers = { cookie: await site.cookieOf(persons.readonly) };
  const bodyOf = async (url: string) =>
    (await site.app.inject({ url: `/t/contoso/${url}`, headers })).body.replaceAll('&amp;', '&');
  const list = (html: string) => html.slice(html.indexOf('id="inventories"'));
  const shown: string[] = [];
  let url: string | undefined = `inventory?scope=${scopeKey}`;
  while (url) {
    const body: string = list(await bodyOf(url));
    shown.push(
      ...[...body.matchAll(/row-link" href="[^"]*\/runs\/([\da-f]{32}-\d+)"/g)].map(([, id]) => `${id}`),
    );
    url = linkIn(body, 'next');
  }
  t.same(shown, [...made].reverse());
  t.match(
    await bodyOf('inventory'),
    new RegExp(`inventory\\?scope=${scopeKey}"`),
    'the short list leads to all',
  );
});

t.test('the timeline of a run with too many waits says from when on it is drawn', async (t) => {
  const site = await hubSite(t);
  const { tenantId, persons } = await site.tenant('contoso');
  const { builder } = site;
  const runId = await builder.queue(tenantId, 'f'.repeat(32));
  const waitAt = (revision: number) =>
    ({
      type: 'RunWaiting',
      data: {
        reasonCode: 'graph_throttled',
        reason: 'Graph asked to wait.',
        until: new Date(Date.UTC(2026, 0, 5, 8, revision)).toISOString(),
      },
    }) as const;
  await builder.toRun(tenantId, runId, { type: 'RunStarted', data: { attempt: 1, worker: 'w' } });
  for (let n = 0; n < WAITS; n += 50)
    await builder.toRun(tenantId, runId, ...Array.from({ length: 50 }, (_, index) => waitAt(n + index)));
  const items = [itemOf('policy', 'succeeded')];
  await builder.toRun(
    tenantId,
    runId,
    { type: 'RunItemsRecorded', data: { items } },
    completed(items, '1 policy read'),
  );
  await site.settle();
  const headers = { cookie: await site.cookieOf(persons.readonly) };
  const page = await site.app.inject({ url: `/t/contoso/runs/${runId}`, headers });
  t.equal(page.statusCode, 200);
  t.match(page.body, /There are too many waits to draw them all; those before/);
  t.match(page.body, new RegExp(`href="/t/contoso/runs/${runId}/history"`), 'the history has them');
  const history = await site.app.inject({ url: `/t/contoso/runs/${runId}/history?order=newest`, headers });
  t.match(history.body, `id="event-${WAITS + 3}"`, 'its last event is there');
});
