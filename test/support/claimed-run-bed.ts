import { type Clock, systemClock } from '../../src/clock.js';
import { createLedger } from '../../src/ledger/ledger.js';
import { EMPTY_HEAD } from '../../src/ledger/stream-head.js';
import type { OperationDefinition } from '../../src/operations/define.js';
import { takeoverAfterMs } from '../../src/operations/takeover-after.js';
import { type ProductDraft, productEvents } from '../../src/program/product-events.js';
import { readOperation } from '../../src/runs/read-operation.js';
import type { OperationState } from '../../src/runs/run-state.js';
import { operationKey, operationStream, runIdOf } from '../../src/runs/run-streams.js';
import { ClaimedRun } from '../../src/worker/claimed-run.js';
import type { OpenGraphWriter } from '../../src/worker/effect-sending.js';
import { OUTCOME_BATCH_LIMITS } from '../../src/worker/outcome-batch.js';
import { createMemoryLog } from './memory-log.js';
import { noGraph } from './no-graph.js';
import { createSeededChance } from './seeded-chance.js';
import { testWork } from './test-work.js';

export const TENANT = '1f2d3c4b-0000-4000-8000-000000000001';
export const BATCH_WAIT_MS = 5;
export const LOST_AFTER_MS = 1_000;

/** Claims a run on a log in memory. The test moves its clock. */
export async function claimRunOf(
  definition: OperationDefinition = testWork(),
  openGraphWriter: OpenGraphWriter = noGraph,
) {
  let nowMs = 0;
  const sleepers = new Set<{ readonly untilMs: number; readonly wake: () => void }>();
  const clock: Clock = {
    now: systemClock.now,
    monotonicMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = {
          untilMs: nowMs + ms,
          wake: () => {
            sleepers.delete(sleeper);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', sleeper.wake, { once: true });
      }),
  };
  const log = createMemoryLog();
  const ledger = createLedger({ events: productEvents, log, clock, chance: createSeededChance(1) });
  const key = operationKey(TENANT, 'test.work', {});
  const stream = operationStream(TENANT, key);
  const runId = runIdOf(key, 0);
  const context = {
    tenantId: TENANT,
    runId,
    runStart: 0,
    actor: { kind: 'system', id: 'test' },
    correlationId: 'c',
    causationId: 'c',
  } as const;
  const queued: ProductDraft = {
    type: 'RunQueued',
    data: {
      type: 'test.work',
      definitionVersion: 1,
      scope: {},
      context: {},
      initiator: { kind: 'api', clientId: 'test' },
      total: null,
      input: {},
      causedBy: null,
      related: [],
      title: 'Work',
    },
  };
  const started = (attempt: number) => ({ type: 'RunStarted', data: { attempt, worker: 'w' } }) as const;
  await ledger.append(stream, EMPTY_HEAD, [queued, started(1)], context);
  const controller = new AbortController();
  const take = (state: OperationState, abort = controller) =>
    new ClaimedRun(
      {
        ledger,
        clock,
        openGraphWriter,
        definition,
        stream,
        tenantId: TENANT,
        worker: 'w',
        limits: { ...OUTCOME_BATCH_LIMITS, waitMs: BATCH_WAIT_MS },
        controller: abort,
        claimedMs: nowMs,
        lostAfterMs: takeoverAfterMs(LOST_AFTER_MS, definition),
      },
      state,
    );
  const run = take(await readOperation(ledger, stream));
  return {
    run,
    ledger,
    log,
    controller,
    types: () => log.events.map(({ type }) => type),
    /** The next attempt of the run, after the events of this one. */
    nextAttempt: async () => {
      const before = await readOperation(ledger, stream);
      const attempt = (before.run?.attempt ?? 0) + 1;
      await ledger.append(stream, before.head, [started(attempt)], context);
      const abort = new AbortController();
      return { run: take(await readOperation(ledger, stream), abort), controller: abort };
    },
    /** Lets another worker take the run over. */
    takeOver: async () => {
      const { head } = await readOperation(ledger, stream);
      await ledger.append(stream, head, [started(2)], context);
    },
    /** Moves the time and wakes everything that slept for a shorter time. */
    pass: (ms: number) => {
      nowMs += ms;
      for (const sleeper of [...sleepers]) if (sleeper.untilMs <= nowMs) sleeper.wake();
    },
  };
}
