import { pino } from 'pino';
import t from 'tap';
import type { Clock } from '../../src/clock.js';
import type { ActiveRun } from '../../src/dispatch/active-runs.js';
import { createQueueLimits, STRANDED_ENDS_AFTER_MS } from '../../src/dispatch/queue-limits.js';
import { AppendOutcomeUnknownError, type EventLog } from '../../src/ledger/event-log.js';
import { createLedger, type Ledger } from '../../src/ledger/ledger.js';
import { createOperationRegistry } from '../../src/operations/registry.js';
import { type ProductDraft, productEvents } from '../../src/program/product-events.js';
import { createEventBuilder } from '../support/event-builder.js';
import { memoryWaits } from '../support/memory-liveness.js';
import { testWork } from '../support/test-work.js';

/**
 * Goal: a pending run that no program can carry out ends after its time limit, and a run that some program takes
 * doesn't end. Method: runs in a log in memory, checked once a minute as the dispatcher does, on a clock that the
 * test moves.
 */
const TENANT = '1f2d3c4b-0000-4000-8000-000000000001';
const MINUTE_MS = 60_000;
/** The waiting time counts from the first check. */
const LIMIT_MINUTES = STRANDED_ENDS_AFTER_MS / MINUTE_MS + 1;

const operations = createOperationRegistry([testWork({ version: 2 })]);

/** `isAnswered`: whether appends to a stream get an answer. */
function setUp(isAnswered: (stream: string) => boolean = () => true) {
  let nowMs = 0;
  const clock: Clock = { now: () => nowMs, monotonicMs: () => nowMs, sleep: async () => undefined };
  const complaints: string[] = [];
  const logger = pino({ level: 'error' }, { write: (line) => complaints.push(JSON.parse(line).runId) });
  const builder = createEventBuilder();
  let reads = 0;
  const log: EventLog = {
    ...builder.log,
    async append(stream, ...args) {
      if (!isAnswered(stream)) throw new AppendOutcomeUnknownError(stream, new Error('no answer'));
      return builder.log.append(stream, ...args);
    },
  };
  const ledgerOnLog = createLedger({
    events: productEvents,
    log,
    // The waits between the repetitions of an append move the clock.
    clock: {
      ...clock,
      now: builder.clock.now,
      async sleep(ms) {
        nowMs += ms;
      },
    },
    chance: builder.chance,
  });
  const ledger: Ledger = {
    ...ledgerOnLog,
    read(...args) {
      reads += 1;
      return ledgerOnLog.read(...args);
    },
  };
  const waits = memoryWaits();
  const { signal } = new AbortController();
  let limits = createQueueLimits({ ledger, operations, waits, clock, logger });
  const pending = new Map<string, ActiveRun>();

  /** A run that is pending from now on. `before` are the events that it has already. */
  async function queue(
    name: string,
    of: { type: string; definitionVersion: number },
    before: readonly ProductDraft[] = [],
  ): Promise<string> {
    const runId = await builder.queue(TENANT, name.padEnd(32, '0'), of);
    if (before.length > 0) await builder.toRun(TENANT, runId, ...before);
    const attempt = before.filter(({ type }) => type === 'RunStarted').length;
    const { type } = of;
    pending.set(runId, {
      tenantId: TENANT,
      runId,
      type,
      attempt,
      correlationId: 'c',
      state: 'pending',
      worker: null,
      position: pending.size,
    });
    return runId;
  }

  /** Passes of a dispatcher, a minute apart. Runs that ended leave the projection before the next pass. */
  async function pass(minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      nowMs += MINUTE_MS;
      await limits.checkPage([...pending.values()], signal);
      limits.endPass();
      for (const runId of ended()) pending.delete(runId);
    }
  }

  const ends = () => builder.log.events.filter(({ type }) => type === 'RunFailed');
  const ended = (): string[] => ends().map(({ metadata }) => (metadata as { runId: string }).runId);
  /** Another program takes the run. */
  const take = (runId: string) => pending.delete(runId);
  /** Another process becomes the dispatcher. */
  const restart = () => {
    limits = createQueueLimits({ ledger, operations, waits, clock, logger });
  };
  return {
    builder,
    complaints,
    queue,
    pass,
    take,
    restart,
    ended,
    ends,
    reads: () => reads,
    nowMs: () => nowMs,
  };
}

const WAIT_LIMIT_MINUTES = 24 * 60;
const UNKNOWN = { type: 'test.forgotten', definitionVersion: 1 };
const NEWER = { type: 'test.work', definitionVersion: 3 };
const KNOWN = { type: 'test.work', definitionVersion: 2 };

for (const [what, of] of Object.entries({
  'of a type that nobody knows': UNKNOWN,
  'of a newer version': NEWER,
}))
  t.test(`a run ${what} waits for a program that knows it, and then ends`, async (t) => {
    const { queue, pass, ended, ends } = setUp();
    const runId = await queue('a', of);
    await pass(LIMIT_MINUTES - 1);
    t.same(ended(), []);
    await pass(1);
    t.same(ended(), [runId]);
    t.match(ends(), [
      {
        data: {
          reasonCode: 'dispatch_failed',
          reason: `No program that knows ${of.type} in version ${of.definitionVersion} took the run within 60 minutes.`,
        },
        metadata: { actorId: 'dispatcher' },
      },
    ]);
  });

t.test('a run that was handed back ends as well, with the items it has', async (t) => {
  const { queue, pass, ended, ends } = setUp();
  const item = { itemId: 'a', label: 'a', subject: null, reasonCode: null, reason: null };
  const runId = await queue('a', UNKNOWN, [
    { type: 'RunStarted', data: { attempt: 1, worker: 'gone' } },
    { type: 'RunItemsRecorded', data: { items: [{ ...item, outcome: 'succeeded' }] } },
    { type: 'RunReleased', data: { attempt: 1, reason: 'The worker was told to stop.' } },
  ]);
  await pass(LIMIT_MINUTES);
  t.same(ended(), [runId]);
  t.match(ends(), [{ data: { counts: { succeeded: 1 } } }]);
});

t.test('a run that this program can carry out ends after the limit of its type', async (t) => {
  const { queue, pass, ended, ends, reads } = setUp();
  const runId = await queue('a', KNOWN);
  await pass(WAIT_LIMIT_MINUTES);
  t.same(ended(), []);
  t.equal(reads(), 1);
  await pass(1);
  t.same(ended(), [runId]);
  t.match(ends(), [
    { data: { reasonCode: 'dispatch_failed', reason: 'No worker took the run within 24 hours.' } },
  ]);
});

t.test('the waiting time continues after a restart', async (t) => {
  const { queue, pass, restart, ended } = setUp();
  const runId = await queue('a', KNOWN);
  await pass(WAIT_LIMIT_MINUTES / 2);
  restart();
  // The time until the next process has checked twice is not counted.
  await pass(WAIT_LIMIT_MINUTES / 2);
  t.same(ended(), []);
  await pass(2);
  t.same(ended(), [runId]);
});

t.test('runs that others are taking, one after another, only wait for their turn', async (t) => {
  const { queue, pass, take, ended } = setUp();
  const runs: string[] = [];
  for (let n = 0; n < 4; n++) runs.push(await queue(`${n}`, NEWER));
  const other = await queue('f', UNKNOWN);
  await pass(LIMIT_MINUTES - 5);
  take(runs[0] ?? '');
  await pass(LIMIT_MINUTES - 5);
  t.same(ended(), [other], 'nobody took any run of that type');
  take(runs[1] ?? '');
  await pass(LIMIT_MINUTES - 1);
  t.same(ended(), [other]);
  await pass(1);
  t.same(ended(), [other, runs[2], runs[3]], 'runs end when no worker has taken one for that time');
});

t.test('a run that was claimed after the projection was read is left alone', async (t) => {
  const { builder, queue, pass, ended } = setUp();
  const runId = await queue('a', UNKNOWN);
  await builder.toRun(TENANT, runId, { type: 'RunStarted', data: { attempt: 1, worker: 'newer' } });
  await pass(2 * LIMIT_MINUTES);
  t.same(ended(), []);
});

t.test('a run that can’t be read delays no other and is logged at growing intervals', async (t) => {
  const { builder, queue, pass, ended, complaints } = setUp();
  const unreadable = await queue('a', UNKNOWN);
  const stream = `operation-${TENANT}.${'a'.padEnd(32, '0')}`;
  await builder.log.append(stream, [{ id: 'poison', type: 'WrittenByNobody', data: {}, metadata: {} }], 0);
  const other = await queue('b', UNKNOWN);
  await pass(LIMIT_MINUTES + 5);
  t.same(ended(), [other]);
  t.same(complaints, [unreadable, unreadable]);
});

t.test('a run whose end gets no answer holds up the others for a few seconds only', async (t) => {
  const { queue, pass, ended, complaints, nowMs } = setUp((stream) => !stream.includes('.a'));
  const unanswered = await queue('a', UNKNOWN);
  const other = await queue('b', UNKNOWN);
  await pass(LIMIT_MINUTES - 1);
  const beforeMs = nowMs();
  await pass(1);
  t.same(ended(), [other]);
  t.same(complaints, [unanswered]);
  const tookMs = nowMs() - beforeMs - MINUTE_MS;
  t.ok(tookMs < 10_000, `${tookMs} ms`);
});
