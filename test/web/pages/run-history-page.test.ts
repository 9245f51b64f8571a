import path from 'node:path';
import t from 'tap';
import type { RawEvent } from '../../../src/ledger/event-log.js';
import { verifyHistoryFile } from '../../../src/ledger/verify-history.js';
import { itemOf } from '../../support/hub-scenario.js';
import { hubSite } from '../../support/hub-site.js';
import { pageVisitor } from '../page-visitor.js';

const EVENTS = 230;
const PADDING = 'p'.repeat(400);

t.test('the ledger page of a run', async (t) => {
  const site = await hubSite(t);
  const { tenantId, persons } = await site.tenant('contoso', 'Contoso');
  const { builder } = site;
  const visitor = await pageVisitor(site, persons.readonly);
  const key = 'd'.repeat(32);
  const begun = { type: 'RunStarted', data: { attempt: 1, worker: 'w' } } as const;
  const counts = { total: null, processed: 0, succeeded: 0, failed: 0, skipped: 0 };
  const before = await builder.queue(tenantId, key);
  await builder.toRun(tenantId, before, begun, {
    type: 'RunFailed',
    data: { reasonCode: 'graph_forbidden', reason: 'Refused.', counts },
  });
  const runId = await builder.queue(tenantId, key);
  await builder.toRun(
    tenantId,
    runId,
    begun,
    { type: 'RunTotalSet', data: { total: EVENTS } },
    { type: 'RunProgressNoted', data: { note: 'Reading the list' } },
  );
  for (let n = 0; n < EVENTS; n += 115)
    await builder.toRun(
      tenantId,
      runId,
      ...Array.from({ length: 115 }, (_, index) => ({
        type: 'RunItemsRecorded' as const,
        data: { items: [itemOf(`policy ${n + index}`, 'failed', PADDING)] },
      })),
    );
  const wrongKey = 'e'.repeat(32);
  const dated = await builder.queue(tenantId, wrongKey);
  builder.setClockAhead(86_400_000);
  await builder.toRun(tenantId, dated, begun);
  builder.setClockAhead(0);
  await site.settle();
  const history = `/t/contoso/runs/${runId}/history`;
  const revisionsOf = (body: string) =>
    [...body.matchAll(/<tr role="row" id="event-(\d+)" /g)].map(([, revision]) => Number(revision));
  const linkOf = (body: string, text: string) =>
    new RegExp(`<a [^>]*href="([^"]+)"[^>]*>${text}</a>`).exec(body)?.[1]?.replaceAll('&amp;', '&');

  await t.test('events are numbered in the run, and revisions are explained', async (t) => {
    const { body } = await visitor.get(history);
    t.match(body, /those of this run begin at <span class="mono">3<\/span>/);
    t.equal(revisionsOf(body)[0], 3);
    t.match(
      body,
      /<td role="cell" class="col-number mono">1<\/td>\s*<td role="cell" class="col-number mono">3<\/td>/,
    );
    const first = await visitor.get(`/t/contoso/runs/${before}/history`);
    t.notMatch(first.body, 'Revisions count', 'nothing to explain where they begin at 0');
  });

  await t.test('the data of an event is only at the event’s own address', async (t) => {
    const { body } = await visitor.get(history);
    t.notMatch(body, PADDING);
    t.ok(body.length < 150_000, `100 events take ${body.length} bytes`);
    const event = await visitor.get(`${history}/7`);
    t.match(event.body, PADDING);
    t.match(event.body, /Event 5 of 234/);
    t.match(event.body, /stream revision <span class="mono">7</);
    t.match(event.body, `href="${history}/6">Previous event`);
    t.match(event.body, `href="${history}/8">Next event`);
    for (const nothing of ['2', '237', '-1', '01', 'x', '9'.repeat(30)]) {
      t.equal((await visitor.get(`${history}/${nothing}`)).statusCode, 404, nothing);
    }
  });

  await t.test('first, previous, next and last page, in either order', async (t) => {
    for (const order of ['oldest', 'newest']) {
      const at = async (url: string | undefined) =>
        (await visitor.get(`/t/contoso/runs/${runId}/${url}`)).body;
      const first = await at(`history?order=${order}`);
      t.notOk(linkOf(first, 'Previous'));
      const second = await at(linkOf(first, 'Next'));
      const third = await at(linkOf(second, 'Next'));
      t.notOk(linkOf(third, 'Next'));
      t.equal(revisionsOf(third).length, 34);
      t.same(revisionsOf(await at(linkOf(second, 'Previous'))), revisionsOf(first));
      t.same(revisionsOf(await at(linkOf(third, 'Previous'))), revisionsOf(second));
      t.same(revisionsOf(await at(linkOf(third, 'First'))), revisionsOf(first));
      const last = await at(linkOf(first, 'Last'));
      t.equal(revisionsOf(last).at(-1), revisionsOf(third).at(-1));
      t.notOk(linkOf(last, 'Next'));
      t.equal(revisionsOf(await at(linkOf(last, 'Previous'))).length, 100);
    }
  });

  await t.test('minor events are one line that can be opened, also without JavaScript', async (t) => {
    const { body } = await visitor.get(history);
    t.match(body, /2 minor events<\/a> <span class="muted">1 RunTotalSet, 1 RunProgressNoted</);
    t.match(body, /<tbody role="rowgroup" id="minor-5" hidden>/);
    const shown = await visitor.get(
      `/t/contoso/runs/${runId}/${linkOf(body, '2 minor events')?.split('#')[0]}`,
    );
    t.notMatch(shown.body, 'minor events');
    t.notMatch(shown.body, /<tbody[^>]* hidden/);
    t.match(linkOf(shown.body, 'Next'), 'minor=shown', 'and stay open on the next page');
  });

  await t.test(
    'a wrong clock’s time is shown with the time at which the store recorded the event',
    async (t) => {
      const list = await visitor.get(`/t/contoso/runs/${dated}/history`);
      t.match(list.body, /attempt 1, written by a wrong clock/);
      const event = await visitor.get(`/t/contoso/runs/${dated}/history/1`);
      t.match(
        event.body,
        /clock of the process that wrote this event was wrong: it said\s.*\sThe event store recorded it on/s,
      );
      t.notMatch(
        (await visitor.get(`/t/contoso/runs/${dated}/history/0`)).body,
        'wrote this event was wrong',
      );
      const run = await visitor.get(`/t/contoso/runs/${dated}`);
      t.match(run.body, /clock of a process that wrote events of this run was wrong: it said\s.* recorded /s);
      t.notMatch((await visitor.get(`/t/contoso/runs/${runId}`)).body, 'was wrong');
    },
  );

  await t.test('a filter shows the matching events and their number, and can be combined', async (t) => {
    const { body } = await visitor.get(history);
    t.match(body, /All events <span class="tab-count">234<.*Failed only <span class="tab-count">230</s);
    t.match(body, '<option value="RunItemsRecorded">RunItemsRecorded (230)</option>');
    t.match(body, '<option value="graph_forbidden">graph_forbidden (230)</option>');
    const revisionsAt = async (query: string) =>
      revisionsOf((await visitor.get(`${history}?${query}`)).body).map((revision) => revision - 3);
    t.same(await revisionsAt('type=RunQueued&type=RunTotalSet'), [0, 2]);
    t.same(await revisionsAt('not_type=RunItemsRecorded'), [0, 1, 2, 3]);
    t.same(await revisionsAt(`item=${encodeURIComponent('configurationPolicies/policy 7')}`), [11]);
    t.same(await revisionsAt('q=READING+the'), [3]);
    t.same(await revisionsAt('q=%25'), [], 'a percent sign is a character');
    t.same(await revisionsAt('failed=only&order=newest&type=RunStarted'), []);
    t.equal((await revisionsAt('failed=only&reason=graph_forbidden')).length, 100);
    const last = await revisionsAt('failed=only&page=last&q=policy+22');
    t.same(last, [26, ...Array.from({ length: 10 }, (_, n) => 224 + n)]);
    t.match((await visitor.get(`${history}?reason=nothing`)).body, 'No event matches these filters');
    const filtered = (await visitor.get(`${history}?type=RunStarted&q=w`)).body;
    t.match(filtered, 'type is <strong>RunStarted</strong>');
    t.match(filtered, /href="history\?type=RunStarted"[^>]*><span>contains <strong>w</);
  });

  await t.test('an event says that it follows the one before it', async (t) => {
    t.match((await visitor.get(`${history}/7`)).body, 'revision 6: the chain holds');
    t.match((await visitor.get(`${history}/3`)).body, 'the stream’s event before this run');
    const first = await visitor.get(`/t/contoso/runs/${before}/history/0`);
    t.match(first.body, 'the first of its stream');
  });

  await t.test(
    'the whole history is downloaded as it is in the log, and the download is recorded',
    async (t) => {
      const { statusCode, headers, body } = await visitor.get(`${history}.jsonl`);
      t.equal(statusCode, 200);
      t.match(headers['content-type'], 'application/x-ndjson');
      const lines = body
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as RawEvent);
      t.same(
        lines.map(({ revision }) => revision),
        Array.from({ length: EVENTS + 4 }, (_, n) => n + 3),
      );
      const file = path.join(t.testdir({ 'run.jsonl': body }), 'run.jsonl');
      t.match(await verifyHistoryFile(file), { events: lines.length, brokenCount: 0 }, 'and can be verified');
      for (const line of lines) t.doesNotThrow(() => builder.ledger.events.decode(line));
      const noted = builder.log.events.at(-1);
      t.match(JSON.stringify(noted?.data), runId);
      const other = await pageVisitor(site, (await site.tenant('fabrikam')).persons.owner);
      t.equal((await other.get(`${history}.jsonl`)).statusCode, 403);
      t.equal((await visitor.get(`/t/contoso/runs/${'0'.repeat(32)}-0/history.jsonl`)).statusCode, 404);
    },
  );
});
