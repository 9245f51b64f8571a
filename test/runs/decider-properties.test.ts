import fc from 'fast-check';
import t from 'tap';
import type { ProductDraft } from '../../src/program/product-events.js';
import { decide, type OperationCommand } from '../../src/runs/decider.js';
import { originKey, originsOf } from '../../src/runs/repeated-items.js';
import { countsOf, isActive, type RunState } from '../../src/runs/run-state.js';
import { runIdOf } from '../../src/runs/run-streams.js';
import { isTerminal } from '../../src/runs/status-bucket.js';
import { KEY, PERSON, record, stateAfter } from '../support/decider-spec.js';

/** Claims of commands, also outdated ones and those of runs that don't exist. */
const claim = fc.record({
  runId: fc.nat(40).map((revision) => runIdOf(KEY, revision)),
  attempt: fc.integer({ min: 1, max: 5 }),
});
const item = fc.record({
  itemId: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  label: fc.constant('item'),
  outcome: fc.constantFrom('succeeded' as const, 'failed' as const, 'skipped' as const),
  subject: fc.constant(null),
  reasonCode: fc.constant(null),
  reason: fc.constant(null),
});
const command: fc.Arbitrary<OperationCommand> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('start' as const),
      type: fc.constant('test.work'),
      definitionVersion: fc.constant(1),
      scope: fc.constant({}),
      context: fc.constantFrom({ size: 1 }, { size: 2 }),
      initiator: fc.constant({ kind: 'member' as const, personId: PERSON }),
      total: fc.option(fc.nat(5)),
      input: fc.constant({}),
      causedBy: fc.constant(null),
      related: fc.constant([]),
      title: fc.constant('Work'),
      once: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('claim' as const),
      runId: claim.map((c) => c.runId),
      worker: fc.constant('w'),
      attemptLimit: fc.integer({ min: 1, max: 3 }),
      holderLost: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('release' as const), claim, reason: fc.constant('stop') }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('set-total' as const), claim, total: fc.nat(5) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('record-items' as const),
      claim,
      items: fc.array(item, { maxLength: 4 }),
      repeats: fc.array(
        fc.record({
          runId: fc.constant(runIdOf(KEY, 0)),
          ordinal: fc.integer({ min: 1, max: 6 }),
          subjectType: fc.constantFrom(null, 'a'),
        }),
        { maxLength: 4 },
      ),
      produced: fc.constant(() => []),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('complete' as const),
      claim,
      related: fc.constant([]),
      summary: fc.constant('done'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fail' as const),
      claim,
      reasonCode: fc.constant('unexpected'),
      reason: fc.constant('no'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fail-dispatch' as const),
      attempt: fc.integer({ min: 0, max: 3 }),
      runId: claim.map((c) => c.runId),
      reason: fc.constant('no bus'),
    }),
  },
  {
    weight: 1,
    arbitrary: claim.map((c) => ({ kind: 'abort-lost' as const, ...c, attemptLimit: 2 })),
  },
);

/** Directs a command at the newest run, because most commands at random runs have no effect. */
function aimed(at: RunState | undefined, given: OperationCommand, aim: boolean): OperationCommand {
  if (!at || !aim) return given;
  if ('claim' in given) return { ...given, claim: { runId: at.runId, attempt: Math.max(1, at.attempt) } };
  if (given.kind === 'abort-lost') return { ...given, runId: at.runId, attempt: at.attempt };
  return 'runId' in given ? { ...given, runId: at.runId } : given;
}

t.test('any order of commands keeps the invariants', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(command, fc.boolean()), { maxLength: 40 }), (commands) => {
      const log: ProductDraft[] = [];
      for (const [given, aim] of commands) {
        const before = stateAfter(log);
        const decision = decide(before, aimed(before.run, given, aim));
        if (decision.kind !== 'append') continue;
        log.push(...(decision.events as ProductDraft[]));
        const after = stateAfter(log);
        check(before.run, after.run);
      }
      checkLog(log);
    }),
    { numRuns: 400 },
  );
  t.pass('400 histories');
});

function check(before: RunState | undefined, after: RunState | undefined): void {
  if (!after) throw new Error('an append left no run');
  const counts = countsOf(after);
  if (counts.processed !== counts.succeeded + counts.failed + counts.skipped)
    throw new Error('counts do not add up');
  if (counts.total !== null && counts.total < counts.processed)
    throw new Error('more processed than there are');
  if (before && before.runId !== after.runId && isActive(before))
    throw new Error('two active runs in one stream');
  if (before && before.runId === after.runId && isTerminal(before.lifecycle))
    throw new Error('an ended run moved');
  if (before && before.runId === after.runId && after.attempt < before.attempt)
    throw new Error('an attempt fell');
}

/** Checks what must be true in the log alone. Throws an Error with what is wrong. */
function checkLog(log: readonly ProductDraft[]): void {
  let open = false;
  let attempt = 0;
  let seen = new Set<string>();
  for (const event of record(log)) {
    if (event.type === 'RunQueued') {
      if (open) throw new Error('a run opened inside another');
      open = true;
      attempt = 0;
      seen = new Set();
    } else if (!open) throw new Error(`${event.type} stands outside every run`);
    if (event.type === 'RunStarted') {
      if (event.data.attempt !== attempt + 1) throw new Error('attempts are not counted one by one');
      attempt += 1;
    }
    if (event.type === 'RunItemsRecorded')
      for (const { itemId } of event.data.items) {
        if (seen.has(itemId)) throw new Error(`item ${itemId} has two outcomes`);
        seen.add(itemId);
      }
    if (event.type === 'RunItemsRepeated')
      for (const origin of originsOf(event.data.from)) {
        if (seen.has(originKey(origin))) throw new Error(`${originKey(origin)} is repeated twice`);
        seen.add(originKey(origin));
      }
    if (event.type === 'RunCompleted' || event.type === 'RunFailed' || event.type === 'RunAborted') {
      if (event.data.counts.processed !== seen.size) throw new Error('an end counts wrongly');
      open = false;
    }
  }
}
