import t from 'tap';
import type { ProductDraft } from '../../src/program/product-events.js';
import type { OperationCommand } from '../../src/runs/decider.js';
import type { Counts, ItemOutcome } from '../../src/runs/run-events.js';
import { runIdOf } from '../../src/runs/run-streams.js';
import { given, KEY, PERSON } from '../support/decider-spec.js';

const RUN = runIdOf(KEY, 0);
const NONE: Counts = { total: null, processed: 0, succeeded: 0, failed: 0, skipped: 0 };

const start: Extract<OperationCommand, { kind: 'start' }> = {
  kind: 'start',
  type: 'test.work',
  definitionVersion: 1,
  scope: { of: 'everything' },
  context: { size: 1 },
  initiator: { kind: 'member', personId: PERSON },
  total: null,
  input: {},
  causedBy: null,
  related: [],
  title: 'Work',
  once: false,
};
const { kind: _, once: __, ...asked } = start;
const queued: ProductDraft = { type: 'RunQueued', data: { ...asked, related: [] } };
const started = (attempt = 1): ProductDraft => ({
  type: 'RunStarted',
  data: { attempt, worker: `w-${attempt}` },
});
const released = (attempt = 1): ProductDraft => ({ type: 'RunReleased', data: { attempt, reason: 'stop' } });
const item = (itemId: string, outcome: ItemOutcome['outcome'] = 'succeeded'): ItemOutcome => ({
  itemId,
  label: itemId,
  outcome,
  subject: null,
  reasonCode: outcome === 'failed' ? 'graph_not_found' : null,
  reason: null,
});
const recorded = (...items: ItemOutcome[]): ProductDraft => ({ type: 'RunItemsRecorded', data: { items } });
const completed = (counts: Counts = { ...NONE, total: 0 }): ProductDraft => ({
  type: 'RunCompleted',
  data: { counts, related: [], summary: 'done' },
});
const failed: ProductDraft = {
  type: 'RunFailed',
  data: { reasonCode: 'unexpected', reason: 'no', counts: NONE },
};
const lost = (counts: Counts = NONE, times = '3 times'): ProductDraft => ({
  type: 'RunAborted',
  data: {
    reasonCode: 'worker_lost',
    reason: `The worker disappeared ${times}; the run is not taken over again.`,
    counts,
  },
});

const claim = { runId: RUN, attempt: 1 };
const take = (over: Partial<Extract<OperationCommand, { kind: 'claim' }>> = {}): OperationCommand => ({
  kind: 'claim',
  runId: RUN,
  worker: 'w-1',
  attemptLimit: 3,
  holderLost: false,
  ...over,
});
const record = (...items: ItemOutcome[]): OperationCommand => ({
  kind: 'record-items',
  claim,
  items,
  produced: () => [],
});
const abort = (attempt = 1, attemptLimit = 3): OperationCommand => ({
  kind: 'abort-lost',
  runId: RUN,
  attempt,
  attemptLimit,
});
const failDispatch: OperationCommand = { kind: 'fail-dispatch', runId: RUN, attempt: 0, reason: 'no bus' };

const HELD: OperationCommand[] = [
  { kind: 'release', claim, reason: 'stop' },
  { kind: 'set-total', claim, total: 4 },
  record(item('a')),
  {
    kind: 'wait',
    claim,
    reasonCode: 'graph_throttled',
    until: '2026-01-01T00:00:10.000Z',
    reason: 'slow down',
  },
  { kind: 'note', claim, note: 'half way' },
  { kind: 'complete', claim, related: [], summary: 'done' },
  { kind: 'fail', claim, reasonCode: 'unexpected', reason: 'no' },
];

t.test('start', async (t) => {
  given(t).when(start).appends([queued]);
  given(t, queued).when(start).doesNothing('already_active');
  given(t, queued, started()).when(start).doesNothing('already_active');
  given(t, queued, started(), released()).when(start).doesNothing('already_active');
  given(t, queued)
    .when({ ...start, context: { size: 2 } })
    .isRefused('another_run_active');
  for (const end of [completed(), failed, lost()]) {
    given(t, queued, started(), end).when(start).appends([queued]);
    given(t, queued, started(), end)
      .when({ ...start, once: true })
      .doesNothing('already_done');
  }
  given(t, queued)
    .when({ ...start, once: true })
    .doesNothing('already_active');
});

t.test('claim', async (t) => {
  given(t).when(take()).doesNothing('ended');
  given(t, queued)
    .when(take())
    .appends([started(1)]);
  given(t, queued)
    .when(take({ runId: runIdOf(KEY, 9) }))
    .doesNothing('ended');
  given(t, queued, started()).when(take()).doesNothing('held_by_other');
  given(t, queued, started(1))
    .when(take({ holderLost: true, worker: 'w-2' }))
    .appends([started(2)], { repeats: true });
  given(t, queued, started(1), started(2), started(3))
    .when(take({ holderLost: true }))
    .appends([lost()]);
  given(t, queued, started(1))
    .when(take({ holderLost: true, attemptLimit: 1 }))
    .appends([lost(NONE, 'once')]);
  for (const end of [completed(), failed, lost()])
    given(t, queued, started(), end)
      .when(take({ holderLost: true }))
      .doesNothing('ended');
});

t.test('handing back burns no attempt', async (t) => {
  const handedBack = [1, 2, 3, 4].flatMap((attempt) => [started(attempt), released(attempt)]);
  given(t, queued, ...handedBack)
    .when(take({ worker: 'w-5' }))
    .appends([started(5)]);
});

t.test('only the holder of the newest claim moves a running run', async (t) => {
  for (const command of HELD) {
    given(t, queued).when(command).doesNothing('held_by_other');
    given(t, queued, started(1), started(2)).when(command).doesNothing('held_by_other');
    given(t, queued, started(1), released(1)).when(command).doesNothing('held_by_other');
    for (const end of [completed(), failed, lost()])
      given(t, queued, started(), end).when(command).doesNothing('ended');
    given(t).when(command).doesNothing('ended');
  }
});

t.test('commands of the holder', async (t) => {
  const running = [queued, started()];
  given(t, ...running)
    .when({ kind: 'release', claim, reason: 'stop' })
    .appends([released()]);
  given(t, ...running)
    .when({ kind: 'set-total', claim, total: 4 })
    .appends([{ type: 'RunTotalSet', data: { total: 4 } }]);
  given(t, ...running)
    .when({ kind: 'note', claim, note: 'half way' })
    .appends([{ type: 'RunProgressNoted', data: { note: 'half way' } }], { repeats: true });
  given(t, ...running)
    .when({ kind: 'fail', claim, reasonCode: 'unexpected', reason: 'no' })
    .appends([failed]);
});

t.test('an item has one outcome', async (t) => {
  const running = [queued, started()];
  given(t, ...running)
    .when(record(item('a'), item('a', 'failed')))
    .appends([recorded(item('a'))]);
  given(t, ...running, recorded(item('a')))
    .when(record(item('a', 'failed'), item('b')))
    .appends([recorded(item('b'))]);
  given(t, ...running, recorded(item('a')))
    .when(record(item('a', 'failed')))
    .doesNothing('already_done');
});

t.test('events are produced only for new items', async (t) => {
  const command: OperationCommand = {
    kind: 'record-items',
    claim,
    items: [item('a'), item('b')],
    produced: (fresh) => fresh.map((i) => ({ type: 'RunProgressNoted', data: { note: i.itemId } })),
  };
  given(t, queued, started(), recorded(item('a')))
    .when(command)
    .appends([{ type: 'RunProgressNoted', data: { note: 'b' } }, recorded(item('b'))]);
});

t.test('the end of a run counts the recorded items', async (t) => {
  const running = [queued, started(), recorded(item('a'), item('b', 'failed'), item('c', 'skipped'))];
  const counts = { total: 3, processed: 3, succeeded: 1, failed: 1, skipped: 1 };
  given(t, ...running)
    .when({ kind: 'complete', claim, related: [], summary: 'done' })
    .appends([completed(counts)]);
  given(t, ...running, { type: 'RunTotalSet', data: { total: 9 } })
    .when({ kind: 'complete', claim, related: [], summary: 'done' })
    .appends([completed({ ...counts, total: 9 })]);
});

t.test('a failed dispatch ends a run only while nobody has it', async (t) => {
  given(t, queued)
    .when(failDispatch)
    .appends([
      { type: 'RunFailed', data: { reasonCode: 'dispatch_failed', reason: 'no bus', counts: NONE } },
    ]);
  given(t, queued, started()).when(failDispatch).doesNothing('held_by_other');
  given(t, queued, started(), released()).when(failDispatch).doesNothing('held_by_other');
  given(t, queued, started(), completed()).when(failDispatch).doesNothing('ended');
});

t.test('a run that was handed back is failed only by a sender that knows its last attempt', async (t) => {
  const late = { ...failDispatch, attempt: 1 };
  given(t, queued, started(), released())
    .when(late)
    .appends([
      { type: 'RunFailed', data: { reasonCode: 'dispatch_failed', reason: 'no bus', counts: NONE } },
    ]);
  given(t, queued).when(late).doesNothing('held_by_other');
  given(t, queued, started()).when(late).doesNothing('held_by_other');
  given(t, queued, started(), released(), started(2)).when(late).doesNothing('held_by_other');
  given(t, queued, started(), released(), started(2), released(2)).when(late).doesNothing('held_by_other');
});

t.test('the watchdog ends a run whose attempts are spent', async (t) => {
  given(t, queued, started(1)).when(abort(1)).doesNothing('attempts_left');
  given(t, queued, started(1))
    .when(abort(1, 1))
    .appends([lost(NONE, 'once')]);
  given(t, queued, started(1), started(2)).when(abort(1, 1)).doesNothing('held_by_other');
  given(t, queued).when(abort(0)).doesNothing('held_by_other');
  given(t, queued, started(1), failed).when(abort(1, 1)).doesNothing('ended');
});
