import { sql } from 'kysely';
import t from 'tap';
import { hubProjection } from '../../../projections/hub/hub-projection.js';
import { askStream } from '../../../src/runs/run-streams.js';
import { itemOf } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';
import { pageVisitor } from '../page-visitor.js';

/** The text of a page without its HTML tags. */
const wordsOf = (html: string) => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
const mainOf = (html: string) => wordsOf(html.slice(html.indexOf('<main'), html.indexOf('</main>')));
const counts = (processed: number, failed: number) => ({
  total: 300,
  processed,
  succeeded: processed - failed,
  failed,
  skipped: 0,
});

t.test('the pages of a run', async (t) => {
  const site = await hubSite(t);
  const { tenantId, persons } = await site.tenant('contoso', 'Contoso');
  const { builder } = site;
  const operator = await pageVisitor(site, persons.operator);
  const support = await pageVisitor(site, persons.support);
  const member = { kind: 'member', personId: persons.operator } as const;
  const mainAt = async (url: string) => mainOf((await operator.get(`/t/contoso/runs/${url}`)).body);
  const startedEvent = (attempt: number, worker: string) =>
    ({ type: 'RunStarted', data: { attempt, worker } }) as const;

  // The revisions: 0 queued, 1 started, 2 total, 3 to 5 a hundred items each, 6 released, 7 started, 8 ended.
  const key = 'a'.repeat(32);
  const cause = await builder.queue(tenantId, 'c'.repeat(32), {
    title: 'The first cause',
    initiator: member,
  });
  const runId = await builder.queue(tenantId, key, {
    title: 'Inventory of everything',
    initiator: member,
    input: { policyTypes: ['intents'], note: '[redacted:jwt]' },
    causedBy: { runId: cause, relation: 'started_again' },
  });
  await builder.toRun(tenantId, runId, startedEvent(1, 'worker w-1'), {
    type: 'RunTotalSet',
    data: { total: 300 },
  });
  for (let from = 0; from < 300; from += 100) {
    const items = Array.from({ length: 100 }, (_, n) =>
      itemOf(`100% policy_${from + n}`, (from + n) % 50 === 7 ? 'failed' : 'succeeded'),
    );
    await builder.toRun(tenantId, runId, { type: 'RunItemsRecorded', data: { items } });
  }
  await builder.toRun(
    tenantId,
    runId,
    { type: 'RunReleased', data: { attempt: 1, reason: 'The worker stops.' } },
    startedEvent(1, 'worker w-2'),
    {
      type: 'RunCompleted',
      data: {
        counts: counts(300, 6),
        related: [{ relation: 'produced', kind: 'archive', id: 'x', label: 'An archive' }],
        summary: '300 policies read',
      },
    },
  );
  const child = await builder.queue(tenantId, 'b'.repeat(32), {
    title: 'What came of it',
    causedBy: { runId, relation: 'needed_by' },
  });
  await builder.append(
    askStream(tenantId, runId, persons.manager),
    [
      {
        type: 'RunAsked',
        data: {
          runId,
          type: 'inventory.sync',
          initiator: { kind: 'member', personId: persons.manager },
        },
      },
    ],
    { tenantId },
  );
  await site.settle();

  await t.test('the input and the result are shown first, then each attempt', async (t) => {
    const main = await mainAt(runId);
    t.match(
      main,
      /given policy types: Endpoint security note: redacted: jwt came out 300 policies read An archive/,
    );
    t.match(main, /Attempts 1 worker w-1 .* handed back: The worker stops\. 1 worker w-2 .* came to its end/);
  });

  await t.test('the page of a past moment shows the run as the projection had it then', async (t) => {
    const before = await mainAt(`${runId}?at=1`);
    t.match(before, /as of [^,]+, revision 1 event 2 of 9 First Previous Next Last back to now/);
    t.match(before, /Running/);
    t.match(before, /processed 0 succeeded 0 failed 0/);
    const between = await mainAt(`${runId}?at=4`);
    t.match(between, /total 300 processed 200 succeeded 196 failed 4/);
    t.match(between, /4 items/);
    t.notMatch(between, '300 policies read');
    t.notMatch(between, 'What came of it', 'which came later');
    t.match(between, 'The first cause', 'which was known then');
    const released = await mainAt(`${runId}?at=6`);
    t.match(released, /Queued/);
    t.notMatch(released, 'No worker gives a sign of life', 'why it waits now says nothing of then');
    const end = await mainAt(`${runId}?at=8`);
    t.match(end, /Partially succeeded .* total 300 processed 300 succeeded 294 failed 6/);
    t.match(await mainAt(`${runId}?at=999`), 'revision 8 event 9 of 9', 'a later one is the last');
  });

  await t.test('a time selects the last event before it', async (t) => {
    const { body } = await operator.get(`/t/contoso/runs/${runId}?at=4`);
    const [, at = ''] = /as of <time datetime="([^"]+)"/.exec(body) ?? [];
    t.match(await mainAt(`${runId}?at=${at}`), 'revision 4 ');
    const offset = encodeURIComponent(at.replace('Z', '+00:00'));
    t.match(await mainAt(`${runId}?at=${offset}`), 'revision 4 ');
    const early = await operator.get(`/t/contoso/runs/${runId}?at=2020-01-01T00:00:00Z`);
    t.equal(early.statusCode, 404);
    t.match(early.body, 'did not exist at that moment');
    for (const wrong of ['x', '-1', '2026-01-05', '2026-01-05T08:00:00'])
      t.equal((await operator.get(`/t/contoso/runs/${runId}?at=${wrong}`)).statusCode, 400, wrong);
  });

  await t.test('a page of a past moment isn’t updated live, and links to other moments', async (t) => {
    const { body } = await operator.get(`/t/contoso/runs/${runId}?at=4`);
    t.notMatch(body, 'data-address', 'it has no live stream');
    t.match(body, 'href="?at=3" data-step="previous"');
    t.match(body, `href="/t/contoso/runs/${runId}/items?at=4"`);
    t.equal((body.match(/class="mark-room"/g) ?? []).length, 9, 'a mark on the ruler for each event');
  });

  await t.test('the items of a moment, by outcome, text and page', async (t) => {
    t.match(await mainAt(`${runId}/items?at=4`), /All 200 Failed only 4 Succeeded 196/);
    const search = await mainAt(`${runId}/items?at=4&outcome=failed&q=POLICY_157`);
    t.match(search, /158 Failed Win - OIB - 100% policy_157/);
    t.match(await mainAt(`${runId}/items?at=4&q=policy_257`), 'No item matches');
    const { body } = await operator.get(`/t/contoso/runs/${runId}/items?at=4`);
    const [, next = ''] = /rel="next" href="([^"]+)"/.exec(body) ?? [];
    t.match(await mainAt(`${runId}/${next.replaceAll('&amp;', '&')}`), /101 Succeeded .* 200 Succeeded/);
  });

  await t.test('items are found by their text, in which SQL wildcards have no meaning', async (t) => {
    t.match(await mainAt(`${runId}/items?q=policy_257`), /258 Failed .*graph_forbidden/);
    t.match(
      await mainAt(`${runId}/items?q=${encodeURIComponent('configurationPolicies/100% policy_3')}`),
      /4 Succ/,
    );
    for (const nothing of ['policy%', '100_', '\\', "'"])
      t.match(await mainAt(`${runId}/items?q=${encodeURIComponent(nothing)}`), 'No item matches', nothing);
    t.match(await mainAt(`${runId}/items?reason=graph_forbidden`), /reason is graph_forbidden × .* 8 Failed/);
  });

  await t.test('pages of items link to the first, previous, next and last page', async (t) => {
    const linksOf = async (url: string) => {
      const { body } = await operator.get(`/t/contoso/runs/${runId}/${url}`);
      const pager = body.slice(body.indexOf('class="pager"'));
      const links = [...pager.matchAll(/href="([^"]+)">(\w+)<\/a>/g)];
      return Object.fromEntries(
        links.map(([, href = '', name = '']) => [name, href.replaceAll('&amp;', '&')]),
      );
    };
    const first = await linksOf('items');
    t.same(Object.keys(first), ['Next', 'Last']);
    const second = await linksOf(first.Next ?? '');
    t.same(Object.keys(second), ['First', 'Previous', 'Next', 'Last']);
    t.match(await mainAt(`${runId}/${second.Previous}`), /1 Succeeded .* 100 Succeeded/);
    t.match(await mainAt(`${runId}/${second.Last}`), /201 Succeeded .* 300 Succeeded/);
  });

  await t.test('a moment that can’t be folded is said to be so, beside the run as it is now', async (t) => {
    const events = sql.id(hubProjection.schema, 'run_events');
    const rename = (type: string) =>
      sql`update ${events} set type = ${type} where run_id = ${runId} and revision = 0`.execute(
        site.database.db,
      );
    await rename('WrittenByANewerProgram');
    const main = await mainAt(`${runId}?at=4`);
    t.match(
      main,
      /This is the run as it is now\. .* event 1, WrittenByANewerProgram , was written by a newer/,
    );
    t.match(main, /Partially succeeded .* 300 policies read/);
    t.match(await mainAt(`${runId}/items?at=4`), /as it is now.* All 300/);
    t.match(await mainAt(`${runId}/history`), 'WrittenByANewerProgram');
    await rename('RunQueued');
  });

  await t.test('the chain of causes is the same list for each of its runs', async (t) => {
    for (const id of [cause, runId, child])
      t.match(
        await mainAt(`${id}/cause`),
        /The first cause .*started again Inventory of everything .*needed by What came of it/,
      );
    const { body } = await operator.get(`/t/contoso/runs/${runId}/cause`);
    t.same(
      [...body.matchAll(/class="row( depth-\d)?"/g)].map(([, depth]) => depth?.trim()),
      [undefined, 'depth-1', 'depth-2'],
    );
    t.match(
      mainOf(body),
      /Who asked for this run Operator of Contoso started it, .* Manager of Contoso asked/,
    );
    const seen = (await support.get(`/t/contoso/runs/${runId}/cause`)).body;
    t.match(mainOf(seen), 'Inventory of everything');
    for (const hidden of ['The first cause', 'What came of it']) t.notMatch(seen, hidden);
  });

  await t.test('a run that takes longer than its type usually does is marked', async (t) => {
    const run = async (tookMs: number) => {
      const id = await builder.queue(tenantId, builder.chance.hex(32), {
        type: 'policy.export',
        title: 'Export for [redacted:email-address]',
      });
      await builder.toRun(tenantId, id, startedEvent(1, 'worker w-1'));
      builder.pass(tookMs);
      return id;
    };
    const ended = async (tookMs: number) => {
      const id = await run(tookMs);
      await builder.toRun(tenantId, id, {
        type: 'RunCompleted',
        data: { counts: counts(300, 0), related: [], summary: '' },
      });
      return id;
    };
    const first = await ended(600_000);
    for (let n = 0; n < 20; n++) await ended(8_000);
    const [nearly, slow] = [await ended(9_000), await ended(40_000)];
    const running = await run(0);
    await site.settle();
    t.match(
      await mainAt(slow),
      /took 40 s, attempt 1 Longer than usual: half of the last 22 runs of its type that succeeded took up to 8\.\d s, 95 % up to 9\.\d s\./,
    );
    for (const id of [first, nearly])
      t.notMatch(await mainAt(id), 'Longer than usual', 'too few, or hardly longer');
    t.notMatch(await mainAt(`${slow}?at=0`), 'Longer than usual', 'a past moment is of the run alone');
    const { body } = await operator.get('/t/contoso/operations?type=policy.export');
    const list = mainOf(body);
    for (const page of [list, await mainAt(slow)])
      t.match(page, 'Export for redacted: email-address', 'a removed part of a name is shown as a chip');
    t.equal(
      body.match(/title="Longer than usual: [^"]+">slow</g)?.length,
      1,
      'only what still runs is marked in the list',
    );
    await builder.toRun(tenantId, running, {
      type: 'RunCompleted',
      data: { counts: counts(300, 0), related: [], summary: '' },
    });
  });

  await t.test('a queued run says why it waits', async (t) => {
    t.match(
      await mainAt(child),
      /No worker gives a sign of life\. .* 1 run of this tenant was queued before it/,
    );
  });
});
