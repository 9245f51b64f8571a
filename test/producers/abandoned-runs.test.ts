import { pino } from 'pino';
import t from 'tap';
import { createInProcessBus } from '../../src/bus/in-process/in-process-bus.js';
import type { Clock } from '../../src/clock.js';
import type { ActiveRun, ActiveRuns } from '../../src/dispatch/active-runs.js';
import { createDispatcher } from '../../src/dispatch/dispatcher.js';
import { withProducerOffers } from '../../src/dispatch/producer-offers.js';
import { createWatchdog } from '../../src/dispatch/watchdog.js';
import { type EventLog, LogUnavailableError } from '../../src/ledger/event-log.js';
import { createLedger } from '../../src/ledger/ledger.js';
import { createLifeWatch } from '../../src/liveness/life-watch.js';
import { createProducedRuns } from '../../src/producers/create-produced-runs.js';
import { productEvents } from '../../src/program/product-events.js';
import { readOperation, readRun } from '../../src/runs/read-operation.js';
import { isActive } from '../../src/runs/run-state.js';
import { streamOfRun } from '../../src/runs/run-streams.js';
import { startRun } from '../../src/starting/start-run.js';
import { CERTIFICATES, operationsWithProducer } from '../support/external-operation.js';
import { memoryLiveness, memoryWaits, onlyProcess } from '../support/memory-liveness.js';
import { createMemoryLog } from '../support/memory-log.js';
import { noArtifacts } from '../support/no-artifacts.js';
import { createSeededChance } from '../support/seeded-chance.js';
import { until } from '../support/until.js';

/**
 * Goal: a run of an outside producer doesn't stay queued or running without its producer, and never reaches our
 * workers. Method: the real watchdog and dispatcher on a clock that the test moves, one pass at a time.
 */
const TENANT = '11111111-1111-4111-8111-111111111111';
const LOST_AFTER_MS = 15_000;
const EVERY_MS = 5_000;
const logger = pino({ level: 'silent' });
const limits = {
  everyMs: EVERY_MS,
  publishTimeoutMs: 1_000,
  resendAfterMs: 1_000,
  lostAfterMs: LOST_AFTER_MS,
};

/** A clock that the test moves. Sleepers wake when it reaches their time. */
function movedClock() {
  let nowMs = 0;
  const sleeping = new Set<{ untilMs: number; wake: () => void }>();
  const clock: Clock = {
    now: () => Date.UTC(2026, 0, 5) + nowMs,
    monotonicMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = {
          untilMs: nowMs + ms,
          wake: () => {
            sleeping.delete(sleeper);
            signal?.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        if (signal?.aborted) return resolve();
        sleeping.add(sleeper);
        signal?.addEventListener('abort', sleeper.wake, { once: true });
      }),
  };
  /** Waits until each loop has ended its pass and sleeps again, then moves the clock to the next pass. */
  async function pass(): Promise<void> {
    await until(() => sleeping.size >= 2, 0);
    nowMs += EVERY_MS;
    for (const sleeper of [...sleeping]) if (sleeper.untilMs <= nowMs) sleeper.wake();
    await until(() => sleeping.size >= 2, 0);
  }
  const passes = async (ms: number) => {
    for (let left = ms; left > 0; left -= EVERY_MS) await pass();
  };
  return { clock, passes };
}

async function setUp(t: { teardown(end: () => Promise<void>): void }) {
  const { clock, passes } = movedClock();
  const store = { isAway: false };
  const memory = createMemoryLog();
  const log: EventLog = {
    ...memory,
    async *read(stream, options) {
      if (store.isAway) throw new LogUnavailableError(`reading ${stream}`, new Error('away'));
      yield* memory.read(stream, options);
    },
  };
  const ledger = createLedger({ events: productEvents, log, clock, chance: createSeededChance(7) });
  const projected = createLedger({
    events: productEvents,
    log: memory,
    clock,
    chance: createSeededChance(8),
  });
  const liveness = memoryLiveness();
  const operations = operationsWithProducer;
  const inner = createInProcessBus({ clock, logger });
  const sent: string[] = [];
  const bus = withProducerOffers(
    {
      ...inner,
      async publish(command) {
        sent.push(command.runId);
        return 'published';
      },
    },
    operations,
  );
  const started: string[] = [];
  const runs: ActiveRuns = {
    known: async () => true,
    async page(after) {
      const active: ActiveRun[] = [];
      for (const [position, runId] of started.entries()) {
        const { run } = await readOperation(projected, streamOfRun(TENANT, runId));
        if (position <= after || !isActive(run)) continue;
        const { type, correlationId, attempt, worker, lifecycle } = run;
        const state = lifecycle === 'running' ? 'running' : 'pending';
        active.push({ tenantId: TENANT, runId, type, correlationId, state, attempt, worker, position });
      }
      return active;
    },
    takeoverCandidates: async (after, limit) =>
      (await runs.page(after, limit)).filter(({ state }) => state === 'running'),
  };
  const watch = createLifeWatch({ liveness, clock }, LOST_AFTER_MS);
  const deps = {
    lease: onlyProcess,
    waits: memoryWaits(),
    runs,
    ledger,
    bus,
    operations,
    liveness,
    watch,
    clock,
    logger,
  };
  const loops = [createWatchdog(deps, limits), createDispatcher(deps, limits)];
  for (const loop of loops) loop.start();
  t.teardown(async () => {
    await Promise.all(loops.map((loop) => loop.stop()));
    await inner.close();
  });
  const produced = createProducedRuns({ ledger, operations, liveness, clock, logger });
  const request = (runId: string) => ({ tenantId: TENANT, runId, clientId: 'client', requestId: 'request' });
  async function start(): Promise<string> {
    const answer = await startRun(
      { ledger, bus, operations, artifacts: noArtifacts, clock, logger, publishTimeoutMs: 1_000 },
      {
        tenantId: TENANT,
        type: CERTIFICATES.type,
        input: { vault: 'prod' },
        initiator: { kind: 'api', clientId: 'client' },
        correlationId: 'request',
        connected: false,
        allows: () => true,
      },
    );
    if (answer.kind !== 'started' || !answer.dispatched) throw new Error(`not offered: ${answer.kind}`);
    started.push(answer.runId);
    return answer.runId;
  }
  async function history(runId: string) {
    const events = [];
    for await (const event of readRun(ledger, TENANT, runId)) events.push(event);
    return events;
  }
  return { passes, start, history, produced, request, sent, liveness, store };
}

t.test('a run that nobody takes is failed as dispatch_failed, and never sent to workers', async (t) => {
  const { passes, start, history, sent } = await setUp(t);
  const runId = await start();
  await passes(CERTIFICATES.waitLimitMs - EVERY_MS);
  t.equal((await history(runId)).length, 1, 'it waits as long as it may');
  await passes(3 * EVERY_MS);
  t.match((await history(runId)).at(-1), {
    type: 'RunFailed',
    data: { reasonCode: 'dispatch_failed', reason: 'No producer took the run within 15 minutes.' },
  });
  t.same(sent, []);
});

t.test('a producer that beats keeps its run, one that falls silent loses it', async (t) => {
  const { passes, start, history, produced, request, sent, liveness } = await setUp(t);
  const runId = await start();
  t.match(await produced.claim(request(runId), 'renewer'), { kind: 'claimed', attempt: 1 });
  for (let beats = 0; beats < 10; beats++) {
    await passes(CERTIFICATES.silenceMs / 2);
    t.match(await produced.report(request(runId), 1, { kind: 'heartbeat' }), { kind: 'noted' });
  }
  t.equal((await history(runId)).length, 2, 'five minutes of beats: it is running');
  await produced.report(request(runId), 1, {
    kind: 'items',
    items: [{ itemId: 'a', outcome: 'succeeded' }],
  });
  await passes(CERTIFICATES.silenceMs - EVERY_MS);
  t.equal((await history(runId)).length, 3, 'silent for less than its limit');
  await passes(3 * EVERY_MS);
  t.match((await history(runId)).at(-1), {
    type: 'RunAborted',
    data: { reasonCode: 'worker_lost', counts: { succeeded: 1 } },
  });
  t.same(sent, []);
  t.equal(liveness.beats.size, 0, 'its signs of life are removed');
  const late = await produced.report(request(runId), 1, { kind: 'complete', summary: 'Done', related: [] });
  t.match(
    late,
    { kind: 'refused', code: 'run_ended' },
    'a producer that comes back learns that the run has ended',
  );
  const next = await start();
  t.match(await produced.claim(request(next), 'renewer'), { kind: 'claimed' }, 'the next run is another');
  t.match(await produced.report(request(runId), 1, { kind: 'heartbeat' }), { code: 'run_ended' });
});

t.test('a producer that beats while the event store is away keeps its run', async (t) => {
  const { passes, start, history, produced, request, store } = await setUp(t);
  const runId = await start();
  await produced.claim(request(runId), 'renewer');
  // The watchdog sees the sign of the claim, so that it would notice a sign that stays the same.
  await passes(EVERY_MS);
  store.isAway = true;
  for (let beats = 0; beats < 10; beats++) {
    await passes(CERTIFICATES.silenceMs / 2);
    await t.rejects(produced.report(request(runId), 1, { kind: 'heartbeat' }), LogUnavailableError);
  }
  store.isAway = false;
  await passes(2 * EVERY_MS);
  t.match(
    (await history(runId)).map(({ type }) => type),
    ['RunQueued', 'RunStarted'],
  );
  t.match(await produced.report(request(runId), 1, { kind: 'heartbeat' }), { kind: 'noted' });
});

t.test('a producer can’t keep a run alive that it doesn’t hold', async (t) => {
  const { passes, start, history, produced, request, liveness } = await setUp(t);
  const runId = await start();
  await produced.claim(request(runId), 'renewer');
  const before = liveness.beats.get(runId);
  const stranger = { ...request(runId), clientId: 'stranger' };
  t.match(await produced.report(stranger, 1, { kind: 'heartbeat' }), { code: 'claim_lost' });
  t.match(await produced.report(request(runId), 9, { kind: 'heartbeat' }), { code: 'claim_lost' });
  t.equal(liveness.beats.get(runId), before);
  await passes(CERTIFICATES.silenceMs + 3 * EVERY_MS);
  t.match((await history(runId)).at(-1), { type: 'RunAborted' });
});
