/**
 * A process of the product for fault tests: the real composition with the tests' own operation types, on servers from
 * the environment. FAULT_PROCESS names the file with its task.
 */

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { createActiveRuns } from '../../projections/dispatch/active-runs-projection.js';
import { createNatsBus } from '../../src/bus/nats/nats-bus.js';
import { type Clock, systemChance, systemClock } from '../../src/clock.js';
import { readConfig } from '../../src/config.js';
import { createLeaseStore } from '../../src/db/lease-store.js';
import { createLiveness } from '../../src/db/liveness.js';
import { createWriterPool } from '../../src/db/pools.js';
import { createWatchdog } from '../../src/dispatch/watchdog.js';
import { createEventStoreLog } from '../../src/ledger/event-store-log.js';
import { createLedger } from '../../src/ledger/ledger.js';
import { createLease } from '../../src/liveness/lease.js';
import { createLifeWatch } from '../../src/liveness/life-watch.js';
import { createFeatures, FEATURE_LISTS } from '../../src/program/features.js';
import { productEvents } from '../../src/program/product-events.js';
import { startProgram } from '../../src/program/start-program.js';
import { startRun } from '../../src/starting/start-run.js';
import { Worker } from '../../src/worker/worker.js';
import { diesAtAppends } from './dying-log.js';
import { createFaultOperations } from './fault-operations.js';
import { DUE_TIME_LINE, faultTaskSchema, startRequestOf } from './fault-task.js';
import { noArtifacts } from './no-artifacts.js';
import { noGraph, onlyTheLog } from './no-graph.js';

const SCHEDULES_LOOK_EVERY_MS = 50;
/** How many starts are in progress at the same time. */
const STARTS_AT_ONCE = 32;
/**
 * A start whose command isn't accepted in time fails its run. The long limit keeps this out of tests of concurrent
 * starts.
 */
const STARTER_PUBLISH_TIMEOUT_MS = 120_000;

const task = faultTaskSchema.parse(JSON.parse(readFileSync(process.env.FAULT_PROCESS ?? '', 'utf8')));
const config = readConfig(process.env);
const operations = createFaultOperations(task.targetUrl, config.GRAPH_URL);
const features = createFeatures({
  ...FEATURE_LISTS,
  operations: [...FEATURE_LISTS.operations, ...operations.values()],
});
const logger = pino({ level: config.OPSLEDGER_LOG_LEVEL }, pino.destination(2));
const say = (line: string) => process.stdout.write(`${line}\n`);

let wallOffsetMs = 0;
const clock: Clock = { ...systemClock, now: () => systemClock.now() + wallOffsetMs };

/** The time by which schedules come due, where a test moves it. */
let dueNow: number | undefined;
const dueTimes = {
  lookEveryMs: SCHEDULES_LOOK_EVERY_MS,
  async now() {
    if (dueNow === undefined) throw new Error('the test has not sent the time yet');
    return dueNow;
  },
};

/** A line of input is a time for schedules, or moves the wall clock of this process by that many milliseconds. */
const input = createInterface({ input: process.stdin }).on('line', (line) => {
  if (line.startsWith(DUE_TIME_LINE)) {
    dueNow = Date.parse(line.slice(DUE_TIME_LINE.length));
    return;
  }
  wallOffsetMs += Number(line);
  say(`jumped ${line}`);
});

// Its input ends when the test's own process was killed; nobody else would end this one then.
process.stdin.on('end', () => process.exit(1));

switch (task.kind) {
  case 'program': {
    const stopping = new AbortController();
    process.on('SIGTERM', () => {
      if (stopping.signal.aborted) process.exit(1);
      stopping.abort();
    });
    const { signal } = stopping;
    /** Why this process can never work, as a part of it found. */
    let failure: Error | undefined;
    try {
      const program = await startProgram({
        config,
        roles: task.roles,
        logger,
        features,
        clock,
        signal,
        onFatal(error) {
          failure ??= error;
          stopping.abort();
        },
        ...(task.movesDueTimes && { dueTimes }),
      });
      if (task.roles.includes('web')) await program.serve();
      say('ready');
      signal.addEventListener('abort', async () => {
        await program.stop();
        if (failure) process.stderr.write(`${failure.message}\n`);
        process.exit(failure ? 1 : 0);
      });
    } catch (error) {
      if (failure) throw failure;
      if (error !== signal.reason) throw error;
      // After this only parts that the program left running can keep the process alive.
      input.close();
      process.stdin.destroy();
    }
    break;
  }
  case 'dying-worker':
    startDyingWorker(task.folder);
    say('ready');
    break;
  case 'starter': {
    const deps = starterOf(task.dieBeforePublish);
    const requests = task.requests.values();
    const startAll = async () => {
      for (const request of requests) {
        const { key, tenantId } = request;
        const result = await startRun(deps, startRequestOf(request));
        if (result.kind === 'refused')
          say(JSON.stringify({ key, refused: result.code, runId: result.runId }));
        else say(JSON.stringify({ key, kind: result.kind, runId: result.runId, tenantId }));
      }
    };
    await Promise.all(Array.from({ length: STARTS_AT_ONCE }, startAll));
    process.exit(0);
  }
}

/** A worker that is killed at the append in a run's correlation id. */
function startDyingWorker(folder: string): void {
  const log = diesAtAppends(createEventStoreLog({ url: config.EVENTSTORE_URL ?? '' }), folder);
  const ledger = createLedger({ events: productEvents, log, clock, chance: systemChance });
  const bus = natsBus();
  const db = createWriterPool(config.DATABASE_URL ?? '', { logger });
  const liveness = createLiveness(db);
  const lostAfterMs = config.OPSLEDGER_LOST_AFTER_MS;
  const watch = createLifeWatch({ liveness, clock }, lostAfterMs);
  const services = onlyTheLog({ ledger, clock });
  const shared = { ledger, bus, operations, liveness, clock, logger };
  const worker = new Worker(
    { ...shared, servicesOf: () => services, openGraphWriter: noGraph },
    {
      name: `dying-${process.pid}`,
      // One run at a time, so that each death belongs to one run only.
      limits: { total: 1, perTenant: 1, perType: {} },
      beatEveryMs: config.OPSLEDGER_BEAT_EVERY_MS,
      lostAfterMs,
      drainMs: config.OPSLEDGER_DRAIN_MS,
    },
  );
  worker.start();
  const everyMs = config.OPSLEDGER_DISPATCH_EVERY_MS;
  const publishTimeoutMs = config.OPSLEDGER_PUBLISH_TIMEOUT_MS;
  const lease = createLease(
    { store: createLeaseStore(db), clock, canWrite: ledger.canWrite },
    { name: 'watchdog', holder: `dying-${process.pid}`, lostAfterMs },
  );
  createWatchdog(
    { ...shared, watch, lease, runs: createActiveRuns(db) },
    { everyMs, publishTimeoutMs, lostAfterMs },
  ).start();
}

function natsBus() {
  const ackWaitMs = config.OPSLEDGER_ACK_WAIT_MS;
  return createNatsBus({ servers: config.NATS_URL ?? '', ackWaitMs, clock, logger });
}

function starterOf(dieBeforePublish: boolean) {
  const log = createEventStoreLog({ url: config.EVENTSTORE_URL ?? '' });
  const ledger = createLedger({ events: productEvents, log, clock, chance: systemChance });
  const bus = natsBus();
  const dying: typeof bus = {
    ...bus,
    publish: async () => {
      process.kill(process.pid, 'SIGKILL');
      return new Promise(() => undefined);
    },
  };
  const publishTimeoutMs = STARTER_PUBLISH_TIMEOUT_MS;
  const artifacts = noArtifacts;
  return {
    ledger,
    bus: dieBeforePublish ? dying : bus,
    operations,
    artifacts,
    clock,
    logger,
    publishTimeoutMs,
  };
}
