import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import t from 'tap';
import { z } from 'zod';
import { createInProcessBus } from '../../src/bus/in-process/in-process-bus.js';
import { systemChance, systemClock } from '../../src/clock.js';
import { type EventLog, LogUnavailableError, type ReadOptions } from '../../src/ledger/event-log.js';
import { isEvent } from '../../src/ledger/event-registry.js';
import { createLedger } from '../../src/ledger/ledger.js';
import { ItemBudgetSpent } from '../../src/operations/budgets.js';
import { defineOperation } from '../../src/operations/define.js';
import type { OperationServices } from '../../src/operations/operation-services.js';
import { createOperationRegistry } from '../../src/operations/registry.js';
import { RunFailure } from '../../src/operations/run-failure.js';
import type { Completion, RunHandle } from '../../src/operations/run-handle.js';
import type { Outcome } from '../../src/operations/vocabulary.js';
import { productEvents } from '../../src/program/product-events.js';
import { readOperation, readRun } from '../../src/runs/read-operation.js';
import { RunItemsRecorded } from '../../src/runs/run-events.js';
import { streamOfRun } from '../../src/runs/run-streams.js';
import { startRun } from '../../src/starting/start-run.js';
import { createStartedRuns, type StartedRuns } from '../../src/starting/started-runs.js';
import { memoryLiveness } from '../support/memory-liveness.js';
import { createMemoryLog } from '../support/memory-log.js';
import { noArtifacts } from '../support/no-artifacts.js';
import { createTestWorker } from '../support/test-worker.js';

const TENANT = '11111111-1111-4111-8111-111111111111';
const PERSON = '22222222-2222-4222-8222-222222222222';
const logger = pino({ level: 'silent' });

const item = (itemId: string): Outcome => ({
  itemId,
  label: itemId,
  outcome: 'succeeded',
  subject: null,
  reasonCode: null,
  reason: null,
});

type Handle = (
  run: RunHandle,
  context: { readonly of: string },
  services: OperationServices,
) => Promise<Completion>;

/** An operation type with the test’s own handler. */
const workType = (handle: Handle, over: { budgetMs?: number; itemBudgetMs?: number } = {}) =>
  defineOperation({
    type: 'test.work',
    label: 'Work',
    description: 'Does what the test says.',
    itemisedBy: 'item',
    input: z.object({ of: z.string().default('everything') }),
    scope: z.object({ of: z.string() }),
    context: z.object({ of: z.string() }),
    ...over,
    plan: async (input) => ({
      plan: {
        scope: { of: input.of },
        context: { of: 'x' },
        title: 'Work',
        total: null,
        related: [],
      },
    }),
    handle,
  });

const startRequest = (of: string) => ({
  tenantId: TENANT,
  type: 'test.work',
  input: { of },
  initiator: { kind: 'member', personId: PERSON } as const,
  correlationId: 'request',
  connected: true,
  allows: () => true,
});

/** One process: a log, a bus, a worker, and an operation type with the test’s own handler. */
function setUp(
  handle: Handle,
  {
    startedRuns,
    holdersLost,
    slots = 4,
    beforeAppend,
    ...over
  }: {
    budgetMs?: number;
    itemBudgetMs?: number;
    startedRuns?: StartedRuns;
    /** Whether the earlier holder of each run is gone. */
    holdersLost?: boolean;
    slots?: number;
    /** Awaited by each append before it is written. */
    beforeAppend?: () => Promise<void>;
  } = {},
) {
  const forgotten: string[] = [];
  const liveness = memoryLiveness({
    forget: async (_tenantId, runId) => void forgotten.push(runId),
    ...(holdersLost ? { notedSilenceMs: async () => Number.POSITIVE_INFINITY } : {}),
  });
  const memory = createMemoryLog();
  const reads: string[] = [];
  const appends: string[] = [];
  const log = {
    ...memory,
    read(stream: string, options?: ReadOptions) {
      reads.push(stream);
      return memory.read(stream, options);
    },
    async append(...args: Parameters<EventLog['append']>) {
      await beforeAppend?.();
      appends.push(args[0]);
      return memory.append(...args);
    },
  };
  const ledger = createLedger({ events: productEvents, log, clock: systemClock, chance: systemChance });
  const bus = createInProcessBus({ clock: systemClock });
  const operations = createOperationRegistry([workType(handle, over)]);
  const worker = createTestWorker(
    { ledger, bus, operations, liveness, logger, startedRuns },
    { limits: { total: slots, perTenant: slots, perType: {} }, beatEveryMs: 20 },
  );
  const deps = {
    ledger,
    bus,
    operations,
    artifacts: noArtifacts,
    clock: systemClock,
    logger,
    publishTimeoutMs: 1_000,
    startedRuns,
  };
  const start = (of = 'everything') => startRun(deps, startRequest(of));
  /** The run's event types, once the last of them has been appended. */
  async function historyUntil(runId: string, last: string) {
    for await (const seen of log.subscribe({
      after: undefined,
      streamPrefixes: [streamOfRun(TENANT, runId)],
      signal: new AbortController().signal,
    }))
      if (seen.kind === 'event' && seen.event.type === last) break;
    const events = [];
    for await (const event of readRun(ledger, TENANT, runId)) events.push(event);
    return events;
  }
  async function stop() {
    await worker.stop();
    await bus.close();
  }
  return { worker, ledger, reads, appends, forgotten, start, historyUntil, stop };
}

async function started(result: ReturnType<ReturnType<typeof setUp>['start']>): Promise<string> {
  const answer = await result;
  if (answer.kind === 'refused') throw new Error(answer.message);
  return answer.runId;
}

t.test('a run is claimed, carried out and completed with its items counted', async (t) => {
  const part = setUp(async (run) => {
    await run.setTotal(3);
    for (const id of ['a', 'b', 'c', 'a']) await run.record(item(id));
    return { summary: '3 done', related: [] };
  });
  part.worker.start();
  const events = await part.historyUntil(await started(part.start()), 'RunCompleted');
  t.strictSame(
    events.map((event) => event.type),
    ['RunQueued', 'RunStarted', 'RunTotalSet', 'RunItemsRecorded', 'RunCompleted'],
  );
  t.match(events.at(-1)?.data, { counts: { total: 3, processed: 3, succeeded: 3, failed: 0, skipped: 0 } });
  t.ok(events.slice(1).every((event) => event.envelope.$correlationId === 'request'));
  await part.stop();
});

t.test('claims as many runs at once as it has slots, without a warning of leaked listeners', async (t) => {
  const warnings: string[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning.name);
  process.on('warning', onWarning);
  t.teardown(() => process.off('warning', onWarning));
  const slots = 24;
  let queued = 0;
  let claims = 0;
  let release = () => {};
  const allClaim = new Promise<void>((resolve) => {
    release = resolve;
  });
  const part = setUp(async () => ({ summary: 'done', related: [] }), {
    slots,
    // The first append of each run is its start, the next one its claim.
    async beforeAppend() {
      if (queued++ < slots) return;
      if (++claims === slots) release();
      await allClaim;
    },
  });
  const runs: string[] = [];
  for (let n = 0; n < slots; n++) runs.push(await started(part.start(`part ${n}`)));
  part.worker.start();
  for (const runId of runs) await part.historyUntil(runId, 'RunCompleted');
  // Node.js reports the warning after all pending promises.
  await setImmediate();
  t.strictSame(warnings, []);
  await part.stop();
});

t.test('a handler that throws fails its run with a sanitized reason', async (t) => {
  const secret = ['eyJhbGciOiJub25lIn0', 'eyJzdWIiOiIxIn0', 'c2ln'].join('.');
  const part = setUp(async () => {
    throw new Error(`refused with Authorization: Bearer ${secret}`);
  });
  part.worker.start();
  const events = await part.historyUntil(await started(part.start()), 'RunFailed');
  t.match(events.at(-1)?.data, { reasonCode: 'unexpected' });
  t.notMatch(JSON.stringify(events), secret);
  await part.stop();
});

t.test('a handler’s own failure keeps its reason code, and the items before it', async (t) => {
  const part = setUp(async (run) => {
    await run.record(item('a'));
    throw new RunFailure('graph_forbidden', 'no licence');
  });
  part.worker.start();
  const events = await part.historyUntil(await started(part.start()), 'RunFailed');
  t.match(events.at(-1)?.data, { reasonCode: 'graph_forbidden', counts: { succeeded: 1 } });
  await part.stop();
});

t.test('a handler that never returns is ended by its budget, also when it ignores its signal', async (t) => {
  const part = setUp(() => new Promise(() => undefined), { budgetMs: 30 });
  part.worker.start();
  const events = await part.historyUntil(await started(part.start()), 'RunFailed');
  t.match(events.at(-1)?.data, { reasonCode: 'budget_exceeded' });
  await part.stop();
});

t.test('an item that never ends is ended by its own budget, and the run goes on to the others', async (t) => {
  let aborted = false;
  const part = setUp(
    async (run) => {
      for (const id of ['a', 'hangs', 'b'])
        try {
          await run.withinItemBudget((signal) => {
            signal.addEventListener('abort', () => {
              aborted = true;
            });
            return id === 'hangs' ? new Promise(() => undefined) : Promise.resolve();
          });
          await run.record(item(id));
        } catch (error) {
          if (!(error instanceof ItemBudgetSpent)) throw error;
          const { reasonCode, message: reason } = error;
          await run.record({ ...item(id), outcome: 'failed', reasonCode, reason });
        }
      return { summary: 'done', related: [] };
    },
    { itemBudgetMs: 30 },
  );
  part.worker.start();
  const events = await part.historyUntil(await started(part.start()), 'RunCompleted');
  t.match(events.at(-1)?.data, { counts: { succeeded: 2, failed: 1 } });
  const items = events.flatMap((event) => (isEvent(event, RunItemsRecorded) ? event.data.items : []));
  t.match(
    items.find(({ itemId }) => itemId === 'hangs'),
    { outcome: 'failed', reasonCode: 'item_budget_exceeded' },
  );
  t.ok(aborted, 'its signal aborted');
  await part.stop();
});

t.test(
  'the handler gets the result or the error of an item’s work, and the run’s signal reaches the work',
  async (t) => {
    const seen: unknown[] = [];
    const part = setUp(
      async (run) => {
        seen.push(await run.withinItemBudget(async () => 'answer'));
        await run
          .withinItemBudget(() => Promise.reject(new Error('thrown')))
          .catch((error) => seen.push(error));
        await run.withinItemBudget(
          (signal) =>
            new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        );
        return { summary: '', related: [] };
      },
      { budgetMs: 30 },
    );
    part.worker.start();
    const events = await part.historyUntil(await started(part.start()), 'RunFailed');
    t.match(seen, ['answer', { message: 'thrown' }]);
    t.match(events.at(-1)?.data, { reasonCode: 'budget_exceeded' });
    await part.stop();
  },
);

t.test('a worker that stops hands its run back with its recorded items', async (t) => {
  const itemRecorded = new Promise<void>((resolve) => {
    const part = setUp(async (run) => {
      await run.record(item('a'));
      resolve();
      await new Promise((_, reject) => run.signal.addEventListener('abort', () => reject(run.signal.reason)));
      return { summary: '', related: [] };
    });
    t.teardown(part.stop);
    part.worker.start();
    startedRun = { part, runId: started(part.start()) };
  });
  await itemRecorded;
  if (!startedRun) throw new Error('nothing was started');
  await startedRun.part.worker.stop();
  const events = await startedRun.part.historyUntil(await startedRun.runId, 'RunReleased');
  t.strictSame(
    events.map((event) => event.type),
    ['RunQueued', 'RunStarted', 'RunItemsRecorded', 'RunReleased'],
  );
});

for (const [what, waits] of [
  ['a handler works', true],
  ['the end of a run is being recorded', false],
] as const)
  t.test(`a worker stops although the log gives no answer while ${what}`, async (t) => {
    let isHanging = false;
    let isReached: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => {
      isReached = resolve;
    });
    const part = setUp(
      async (run) => {
        isHanging = true;
        if (waits) {
          isReached();
          await new Promise((_, reject) =>
            run.signal.addEventListener('abort', () => reject(run.signal.reason)),
          );
        }
        return { summary: '', related: [] };
      },
      {
        async beforeAppend() {
          if (!isHanging) return;
          isReached();
          await new Promise(() => undefined);
        },
      },
    );
    part.worker.start();
    const runId = await started(part.start());
    await reached;
    await part.worker.stop();
    const { run } = await readOperation(part.ledger, streamOfRun(TENANT, runId));
    t.match(run, { lifecycle: 'running', attempt: 1 }, 'the run is left for another worker');
  });

let startedRun: { part: ReturnType<typeof setUp>; runId: Promise<string> } | undefined;

t.test(
  'a second start returns the active run; after its end it makes a new run in the same stream',
  async (t) => {
    const part = setUp(async () => ({ summary: 'done', related: [] }));
    const first = await part.start();
    const second = await part.start();
    t.match([first.kind, second.kind], ['started', 'reused']);
    if (first.kind === 'refused' || second.kind === 'refused') throw new Error('refused');
    t.equal(second.runId, first.runId);
    part.worker.start();
    await part.historyUntil(first.runId, 'RunCompleted');
    const third = await part.start();
    t.match(third, { kind: 'started' });
    if (third.kind === 'refused') throw new Error('refused');
    t.equal(streamOfRun(TENANT, third.runId), streamOfRun(TENANT, first.runId));
    t.not(third.runId, first.runId);
    await part.stop();
  },
);

const noWork: Handle = async () => ({ summary: 'nothing to do', related: [] });

t.test('a run of the same process is claimed without reading it first', async (t) => {
  const part = setUp(noWork, { startedRuns: createStartedRuns() });
  part.worker.start();
  const runId = await started(part.start());
  t.equal(part.reads.length, 0, 'a new operation is started without a read too');
  const events = await part.historyUntil(runId, 'RunCompleted');
  t.strictSame(
    events.map((event) => event.type),
    ['RunQueued', 'RunStarted', 'RunCompleted'],
  );
  t.equal(part.reads.length, 1, 'the one that looked at the history');
  await part.worker.stop();
  t.equal(part.appends.length, 3);
  t.not(await started(part.start()), runId);
  t.equal(part.appends.length, 4, 'the next run of the operation is not taken for its first');
  await part.stop();
});

t.test('an outdated remembered state is refused by the log, and the run is read', async (t) => {
  const startedRuns = createStartedRuns();
  const part = setUp(noWork, { startedRuns });
  const runId = await started(part.start());
  const stream = streamOfRun(TENANT, runId);
  const state = await readOperation(part.ledger, stream);
  const progress = { type: 'RunProgressNoted', data: { note: 'somebody was here' } } as const;
  await part.ledger.append(stream, state.head, [progress], {
    tenantId: TENANT,
    runId,
    runStart: 0,
    actor: { kind: 'system', id: 'test' },
    correlationId: 'request',
    causationId: 'request',
  });
  part.worker.start();
  const events = await part.historyUntil(runId, 'RunCompleted');
  t.strictSame(
    events.map((event) => event.type),
    ['RunQueued', 'RunProgressNoted', 'RunStarted', 'RunCompleted'],
  );
  await part.stop();
});

t.test('only the requested run is taken from memory, and only once', async (t) => {
  const part = setUp(noWork, { startedRuns: createStartedRuns() });
  const runId = await started(part.start());
  const stream = streamOfRun(TENANT, runId);
  const state = await readOperation(part.ledger, stream);
  const remembered = createStartedRuns();
  remembered.remember(stream, state);
  t.equal(remembered.take(stream, `${runId}0`), undefined, 'another run');
  remembered.remember(stream, state);
  t.equal(remembered.take(stream, runId), state);
  t.equal(remembered.take(stream, runId), undefined, 'given out');
  for (let n = 0; n < 1_500; n++) remembered.remember(`${stream}-${n}`, state);
  t.equal(remembered.take(`${stream}-0`, runId), state);
  t.equal(remembered.take(`${stream}-1499`, runId), undefined, 'too many are read from the log');
  await part.stop();
});

t.test(
  'a run that the bus refused while the log was away stays queued, and its start is answered',
  async (t) => {
    const memory = createMemoryLog();
    let appends = 0;
    const going: EventLog = {
      ...memory,
      append(...args) {
        appends += 1;
        return appends === 1 ? memory.append(...args) : Promise.reject(new LogUnavailableError('gone', null));
      },
    };
    const ledger = createLedger({
      events: productEvents,
      log: going,
      clock: systemClock,
      chance: systemChance,
    });
    const refusing = createInProcessBus({ clock: systemClock });
    await refusing.close();
    const work = workType(noWork);
    const answer = await startRun(
      {
        ledger,
        bus: refusing,
        operations: createOperationRegistry([work]),
        clock: systemClock,
        logger,
        artifacts: noArtifacts,
        publishTimeoutMs: 1_000,
      },
      startRequest('everything'),
    );
    t.match(answer, { kind: 'started', dispatched: true });
    t.same(
      memory.events.map(({ type }) => type),
      ['RunQueued'],
    );
  },
);

t.test(
  'a run that may not be taken over again ends at its claim, and leaves no sign of life behind',
  async (t) => {
    const part = setUp(noWork, { holdersLost: true });
    const runId = await started(part.start());
    const stream = streamOfRun(TENANT, runId);
    for (const attempt of [1, 2, 3]) {
      const { head } = await readOperation(part.ledger, stream);
      await part.ledger.append(stream, head, [{ type: 'RunStarted', data: { attempt, worker: 'gone' } }], {
        tenantId: TENANT,
        runId,
        runStart: 0,
        attempt,
        actor: { kind: 'worker', id: 'gone' },
        correlationId: 'request',
        causationId: 'request',
      });
    }
    part.worker.start();
    const events = await part.historyUntil(runId, 'RunAborted');
    t.match(events.at(-1), { type: 'RunAborted', data: { reasonCode: 'worker_lost' } });
    await part.stop();
    t.same(part.forgotten, [runId]);
  },
);
