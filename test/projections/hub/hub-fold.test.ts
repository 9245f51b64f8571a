import t from 'tap';
import { findingEntity } from '../../../src/entities/finding/finding.js';
import type { Finding } from '../../../src/operations/drift-generate/drift-events.js';
import type { ItemOutcome } from '../../../src/runs/run-events.js';
import { memberStream } from '../../../src/tenancy/member-events.js';
import { createEventBuilder } from '../../support/event-builder.js';
import { findingWith } from '../../support/finding-builder.js';
import { itemOf } from '../../support/hub-scenario.js';
import { hubBed } from './hub-bed.js';

const item = (
  itemId: string,
  outcome: ItemOutcome['outcome'],
  reason: string | null = null,
): ItemOutcome => ({
  itemId,
  label: `Policy ${itemId}`,
  outcome,
  subject: null,
  reasonCode: outcome === 'succeeded' ? null : 'graph_forbidden',
  reason,
});

/** Every index except the first, so that each event is a batch of its own. */
const apart = (events: readonly unknown[]) => events.map((_, index) => index).slice(1);

t.test('an item recorded twice keeps its first outcome, in one batch or two', async (t) => {
  const bed = await hubBed(t);
  const { log, chance, queue, toRun } = createEventBuilder();
  const tenantId = chance.uuid();
  const runId = await queue(tenantId, chance.hex(32), { total: 2 });
  await toRun(tenantId, runId, { type: 'RunStarted', data: { attempt: 1, worker: 'w1' } });
  await toRun(tenantId, runId, { type: 'RunItemsRecorded', data: { items: [item('a', 'succeeded')] } });
  await toRun(tenantId, runId, { type: 'RunStarted', data: { attempt: 2, worker: 'w2' } });
  const again = [item('a', 'failed', 'later'), item('b', 'skipped'), item('b', 'failed', 'doubled')];
  await toRun(tenantId, runId, { type: 'RunItemsRecorded', data: { items: again } });
  await bed.apply('whole', log.events);
  await bed.apply('apart', log.events, apart(log.events));
  for (const schema of ['whole', 'apart']) {
    const items = await bed.rows(schema, 'run_items');
    t.match(
      items.map(({ item_id, outcome, ordinal, attempt }) => ({ item_id, outcome, ordinal, attempt })),
      [
        { item_id: 'a', outcome: 'succeeded', ordinal: 1, attempt: 1 },
        { item_id: 'b', outcome: 'skipped', ordinal: 2, attempt: 2 },
      ],
    );
    const [run] = await bed.rows(schema, 'runs');
    t.match(run, {
      processed: 2,
      succeeded: 1,
      failed: 0,
      skipped: 1,
      bucket: 'running',
      attempt: 2,
      worker: 'w2',
    });
    t.same(await bed.rows(schema, 'failures'), []);
  }
});

t.test('a second start in a stream is a separate run', async (t) => {
  const bed = await hubBed(t);
  const { log, chance, queue, toRun } = createEventBuilder();
  const tenantId = chance.uuid();
  const key = chance.hex(32);
  const counts = { total: null, processed: 0, succeeded: 0, failed: 0, skipped: 0 };
  const first = await queue(tenantId, key);
  await toRun(tenantId, first, {
    type: 'RunFailed',
    data: { reasonCode: 'dispatch_failed', reason: 'No bus.', counts },
  });
  const second = await queue(tenantId, key, { causedBy: { runId: first, relation: 'started_again' } });
  await bed.apply('hub', log.events);
  const runs = await bed.rows('hub', 'runs');
  t.match(
    runs
      .sort((a, b) => a.queued_position - b.queued_position)
      .map(({ run_id, bucket, events }) => [run_id, bucket, events]),
    [
      [first, 'failed', 2],
      [second, 'queued', 1],
    ],
  );
  t.match(await bed.rows('hub', 'run_links'), [
    { run_id: second, relation: 'caused_by', target_kind: 'run', target_id: first },
  ]);
  t.match(await bed.rows('hub', 'failures'), [
    { run_id: first, item_id: null, ordinal: 0, reason_code: 'dispatch_failed' },
  ]);
  const events = await bed.rows('hub', 'run_events');
  t.same(
    events.map(({ run_id, revision }) => [run_id, revision]).sort(),
    [
      [first, 0],
      [first, 1],
      [second, 2],
    ].sort(),
  );
  t.same(events[0]?.metadata, log.events[0]?.metadata, 'the copy is what the store holds');
});

t.test(
  'only the member who started a run is notified, when it is queued and when it ends (N1)',
  async (t) => {
    const bed = await hubBed(t);
    const { log, chance, append, queue, toRun } = createEventBuilder();
    const tenantId = chance.uuid();
    const personId = chance.uuid();
    const mine = await queue(tenantId, chance.hex(32), { initiator: { kind: 'member', personId } });
    const scheduled = await queue(tenantId, chance.hex(32), {
      initiator: { kind: 'schedule', scheduleId: 'nightly', name: 'Every night' },
    });
    for (const runId of [mine, scheduled]) {
      await toRun(tenantId, runId, { type: 'RunStarted', data: { attempt: 1, worker: 'w' } });
      const items = [item('a', 'succeeded'), item('b', 'failed', 'Graph answered 403.')];
      await toRun(tenantId, runId, { type: 'RunItemsRecorded', data: { items } });
      const counts = { total: 2, processed: 2, succeeded: 1, failed: 1, skipped: 0 };
      await toRun(tenantId, runId, { type: 'RunCompleted', data: { counts, related: [], summary: 'done' } });
    }
    const read = (notificationIds: string[]) =>
      append(memberStream(tenantId, personId), [{ type: 'NotificationRead', data: { notificationIds } }], {
        tenantId,
      });
    await read([`${mine}:queued`]);
    const [one] = await read([`${mine}:ended`]);
    await read([`${mine}:ended`]);
    const [all] = await read(['*']);
    await bed.apply('whole', log.events);
    await bed.apply('apart', log.events, apart(log.events));
    for (const schema of ['whole', 'apart']) {
      const notifications = await bed.rows(schema, 'notifications');
      t.match(notifications, [
        {
          run_id: mine,
          kind: 'ended',
          person_id: personId,
          bucket: 'partially_succeeded',
          total: 2,
          succeeded: 1,
          failed: 1,
          error_summary: 'Policy b: Graph answered 403.',
        },
      ]);
      t.equal(notifications.length, 1, 'one line a run');
      const names = new Map((await bed.rows(schema, 'runs')).map((run) => [run.run_id, run.initiator_name]));
      t.equal(names.get(scheduled), 'Every night', 'a schedule is called as it was then');
      t.equal(names.get(mine), null, 'a member’s name stands outside the log');
      t.equal(
        notifications[0]?.read_at,
        Date.parse(one?.envelope.at ?? ''),
        'the first reading of its end counts',
      );
      t.same(await bed.rows(schema, 'notification_marks'), [
        {
          tenant_id: tenantId,
          person_id: personId,
          position: all?.position,
          at: Date.parse(all?.envelope.at ?? ''),
        },
      ]);
    }
  },
);

t.test('a finding keeps its status and first detection when it is detected again', async (t) => {
  const bed = await hubBed(t);
  const { log, chance, append, queue, toRun } = createEventBuilder();
  const tenantId = chance.uuid();
  const fingerprint = chance.hex(32);
  const person = chance.uuid();
  const context = { tenantId, actor: { kind: 'member', id: person } } as const;
  const detect = async (name: string) => {
    const runId = await queue(tenantId, chance.hex(32), { type: 'drift.generate' });
    const finding = findingWith({ itemId: 'p', fingerprint, name });
    const data = {
      scopeKey: chance.hex(32),
      baselineRunId: runId,
      currentRunId: runId,
      rulesVersion: 2,
      findings: [finding, finding],
    };
    await toRun(tenantId, runId, { type: 'FindingsDetected', data });
    return runId;
  };
  const first = await detect('before');
  await append(
    findingEntity.stream(tenantId, fingerprint),
    [{ type: 'FindingAcknowledged', data: { note: 'agreed with the tenant' } }],
    context,
  );
  const second = await detect('after');
  await bed.apply('hub', log.events, apart(log.events));
  t.match(await bed.rows('hub', 'findings'), [
    {
      status: 'acknowledged',
      status_by: person,
      status_note: 'agreed with the tenant',
      first_run_id: first,
      last_run_id: second,
      detections: 2,
      name: 'after',
    },
  ]);
  t.equal((await bed.rows('hub', 'finding_detections')).length, 2);
  await append(
    findingEntity.stream(tenantId, fingerprint),
    [{ type: 'FindingReopened', data: { note: null } }],
    context,
  );
  await bed.apply('hub', log.events.slice(-1));
  t.match(await bed.rows('hub', 'findings'), [{ status: 'new', status_note: null, detections: 2 }]);
});

t.test('a finding continues under a new fingerprint when the comparing rules change', async (t) => {
  const bed = await hubBed(t);
  const { log, chance, append, queue, toRun } = createEventBuilder();
  const tenantId = chance.uuid();
  const [former, present, counterpart] = [chance.hex(32), chance.hex(32), chance.hex(32)];
  const detect = async (...findings: Finding[]) => {
    const runId = await queue(tenantId, chance.hex(32), { type: 'drift.generate' });
    const runs = { baselineRunId: runId, currentRunId: runId };
    const data = { scopeKey: chance.hex(32), ...runs, rulesVersion: 2, findings };
    await toRun(tenantId, runId, { type: 'FindingsDetected', data });
    return runId;
  };
  const first = await detect(findingWith({ itemId: 'p', fingerprint: former }));
  const note = { note: 'agreed' };
  await append(findingEntity.stream(tenantId, former), [{ type: 'FindingAcknowledged', data: note }], {
    tenantId,
  });
  const counterparts = [{ fingerprint: counterpart, policyType: 'intents', subjectId: 'i' }];
  const goesOn = { itemId: 'p', fingerprint: present, formerFingerprints: [former], counterparts };
  const second = await detect(findingWith(goesOn));
  await bed.apply('hub', log.events, apart(log.events));
  const rows = await bed.rows('hub', 'findings');
  t.match(
    rows.find(({ fingerprint }) => fingerprint === present),
    {
      status: 'acknowledged',
      status_note: 'agreed',
      first_run_id: first,
      last_run_id: second,
      detections: 2,
      continued_as: null,
      counterparts,
    },
  );
  t.match(
    rows.find(({ fingerprint }) => fingerprint === former),
    { continued_as: present, last_run_id: first },
  );
});

t.test('a comparison is listed once its run has ended with a result', async (t) => {
  const bed = await hubBed(t);
  const { log, chance, queue, toRun } = createEventBuilder();
  const tenantId = chance.uuid();
  const context = { scopeKey: chance.hex(32), baselineRunId: 'b-0', currentRunId: 'c-0' };
  const end = async (type: string, counts: object) => {
    const runId = await queue(tenantId, chance.hex(32), { type, context });
    const none = { total: 2, processed: 2, succeeded: 0, failed: 0, skipped: 0 };
    const data = { counts: { ...none, ...counts }, related: [], summary: 'No findings' };
    await toRun(tenantId, runId, { type: 'RunStarted', data: { attempt: 1, worker: 'w' } });
    const items = [itemOf('p', Object.keys(counts)[0] as ItemOutcome['outcome'])];
    await toRun(tenantId, runId, { type: 'RunItemsRecorded', data: { items } });
    await toRun(tenantId, runId, { type: 'RunCompleted', data });
    return runId;
  };
  const compared = await end('drift.generate', { skipped: 1 });
  await end('drift.generate', { failed: 1 });
  await end('inventory.sync', { succeeded: 1 });
  await bed.apply('hub', log.events, apart(log.events));
  t.match(await bed.rows('hub', 'drift_comparisons'), [
    { run_id: compared, scope_key: context.scopeKey, baseline_run_id: 'b-0', not_comparable: 1 },
  ]);
  t.equal((await bed.rows('hub', 'drift_comparisons')).length, 1);
});

t.test('an inventory is listed once its run has ended, also an empty one', async (t) => {
  const bed = await hubBed(t);
  const { log, chance, queue, toRun } = createEventBuilder();
  const tenantId = chance.uuid();
  const scopeKey = chance.hex(32);
  const recorded = (...policies: [itemId: string, type: string][]) => ({
    items: policies.map(([itemId, type]) => ({
      ...itemOf(itemId, 'succeeded'),
      subject: { type, id: itemId },
    })),
  });
  const full = await queue(tenantId, chance.hex(32), { scope: { scopeKey } });
  await toRun(tenantId, full, {
    type: 'RunItemsRecorded',
    data: recorded(['a', 'scripts'], ['b', 'apps']),
  });
  await toRun(tenantId, full, {
    type: 'RunItemsRecorded',
    data: {
      items: [
        ...recorded(['b', 'apps'], ['c', 'apps']).items,
        { ...itemOf('apps', 'succeeded'), subject: null },
      ],
    },
  });
  await bed.apply('hub', log.events, apart(log.events));
  t.same(await bed.rows('hub', 'inventories'), [], 'not before the end');
  const seen = log.events.length;
  const counts = { total: 0, processed: 0, succeeded: 0, failed: 0, skipped: 0 };
  const related = [{ relation: 'produced', kind: 'inventory', id: scopeKey, label: 'Inventory' } as const];
  await toRun(tenantId, full, { type: 'RunCompleted', data: { counts, related, summary: '' } });
  const empty = await queue(tenantId, chance.hex(32));
  await toRun(tenantId, empty, { type: 'RunCompleted', data: { counts, related, summary: '' } });
  await bed.apply('hub', log.events.slice(seen));
  const inventories = (await bed.rows('hub', 'inventories')).sort((a, b) => a.position - b.position);
  t.match(inventories, [
    {
      run_id: full,
      scope_key: scopeKey,
      policies: 3,
      policies_by_type: { apps: 2, scripts: 1 },
      usable: true,
    },
    { run_id: empty, scope_key: scopeKey, policies: 0, policies_by_type: {}, usable: true },
  ]);
  t.match(await bed.rows('hub', 'inventory_scopes'), [
    { scope_key: scopeKey, usable: 2, policies_by_type: {}, position: inventories[0]?.number },
  ]);
  t.same(await bed.rows('hub', 'inventory_tallies'), []);
});

t.test('the rest of a run whose beginning was removed by retention is ignored', async (t) => {
  const bed = await hubBed(t);
  const { log, chance, queue, toRun } = createEventBuilder();
  const tenantId = chance.uuid();
  const runId = await queue(tenantId, chance.hex(32));
  await toRun(tenantId, runId, { type: 'RunStarted', data: { attempt: 1, worker: 'w' } });
  await bed.apply('hub', log.events.slice(1));
  t.same(await bed.rows('hub', 'runs'), []);
  t.same(await bed.rows('hub', 'run_events'), []);
});

t.test('times come from the writer’s clock, or from the store when that clock was far ahead', async (t) => {
  const bed = await hubBed(t);
  const { log, chance, queue, toRun, setClockAhead } = createEventBuilder();
  const tenantId = chance.uuid();
  const counts = { total: null, processed: 0, succeeded: 0, failed: 0, skipped: 0 };
  const ended = { type: 'RunFailed', data: { reasonCode: 'unexpected', reason: 'No.', counts } } as const;
  setClockAhead(30_000);
  const late = await queue(tenantId, chance.hex(32));
  setClockAhead(0);
  await toRun(tenantId, late, { type: 'RunStarted', data: { attempt: 1, worker: 'w' } });
  await toRun(tenantId, late, ended);
  setClockAhead(86_400_000);
  const wrong = await queue(tenantId, chance.hex(32));
  await toRun(tenantId, wrong, { type: 'RunStarted', data: { attempt: 1, worker: 'w' } });
  setClockAhead(0);
  await toRun(tenantId, wrong, ended);
  await bed.apply('hub', log.events);
  const runs = new Map((await bed.rows('hub', 'runs')).map((run) => [run.run_id, run]));
  const [run, other] = [runs.get(late), runs.get(wrong)];
  t.ok(run?.started_at && run.finished_at && other?.started_at && other.finished_at);
  t.equal((run?.finished_at ?? 0) - (run?.started_at ?? 0), 137, 'no time of another clock makes it shorter');
  t.ok((other?.finished_at ?? 0) - (other?.started_at ?? 0) < 1_000);
  t.ok((other?.created_at ?? 0) - (run?.finished_at ?? 0) < 1_000, 'a day ahead is no time to show');
  t.equal(run?.wrong_time, null);
  const { written = 0, recorded = 0 } = other?.wrong_time ?? {};
  t.equal(Math.round((written - recorded) / 3_600_000), 24, 'but it is kept beside the time that is shown');
});
