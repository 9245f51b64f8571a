import { createHash } from 'node:crypto';
import { pino } from 'pino';
import { readConfig } from '../../src/config.js';
import { createDispatcher } from '../../src/dispatch/dispatcher.js';
import { createWatchdog } from '../../src/dispatch/watchdog.js';
import { createLedger } from '../../src/ledger/ledger.js';
import { createLease } from '../../src/liveness/lease.js';
import { createLifeWatch } from '../../src/liveness/life-watch.js';
import { createOperationRegistry } from '../../src/operations/registry.js';
import { productEvents } from '../../src/program/product-events.js';
import { startRun } from '../../src/starting/start-run.js';
import { createStartedRuns } from '../../src/starting/started-runs.js';
import { Worker } from '../../src/worker/worker.js';
import { createMemoryLog } from '../support/memory-log.js';
import { noArtifacts } from '../support/no-artifacts.js';
import { noGraph, onlyTheLog } from '../support/no-graph.js';
import { brokenPromisesOf, type StartAnswer } from '../support/promise-checker.js';
import { createSeededChance, type SeededChance } from '../support/seeded-chance.js';
import { type Disaster, drawFaults, type FaultPlan, FROZEN_MAX_MS, NO_FAULTS } from './fault-rates.js';
import { type InjectedBug, mistakesOf, withLogBug, withStartBug } from './injected-bugs.js';
import { SimulatedBus } from './simulated-bus.js';
import { SimulatedDatabase } from './simulated-database.js';
import { createSimulatedLog, type StoreCondition } from './simulated-log.js';
import { SimulatedProcess } from './simulated-process.js';
import { defineSimulatedWork, SimulatedTarget, WORK_TYPE } from './simulated-work.js';
import { createVirtualTime } from './virtual-time.js';

const DEFAULTS = readConfig({});
/** The product's intervals and timeouts at their defaults, in milliseconds. */
const TIMES = {
  beatEveryMs: DEFAULTS.OPSLEDGER_BEAT_EVERY_MS,
  lostAfterMs: DEFAULTS.OPSLEDGER_LOST_AFTER_MS,
  resendAfterMs: DEFAULTS.OPSLEDGER_RESEND_AFTER_MS,
  publishTimeoutMs: DEFAULTS.OPSLEDGER_PUBLISH_TIMEOUT_MS,
  drainMs: DEFAULTS.OPSLEDGER_DRAIN_MS,
  everyMs: DEFAULTS.OPSLEDGER_DISPATCH_EVERY_MS,
};
const WORKERS = 3;
const STARTERS = 2;
const PROJECTORS = 2;
const WORKER_RUNS = 4;
/** How long faults last, and how long everything may take to end after them. */
const FAULTS_MS = 60_000;
const SETTLE_MAX_MS = 30 * 60_000;
/** One in this many histories has a second period of faults. */
const SECOND_ROUND_EVERY = 4;
/** Time after the last run's end in which something late could still arrive. */
const AFTERMATH_MS = 35_000;
const STARTS_EVERY_MAX_MS = 6_000;
const AWAY_MAX_MS = 25_000;
const DEAD_MAX_MS = 20_000;
const HOUR_MS = 3_600_000;
const BATCH_MAX = 50;
const PROJECT_EVERY_MS = 300;

const TENANTS = ['1f2d3c4b-0000-4000-8000-000000000001', '1f2d3c4b-0000-4000-8000-000000000002'];
const PEOPLE = ['1f2d3c4b-0000-4000-8000-00000000000a', '1f2d3c4b-0000-4000-8000-00000000000b'];
const KEYS = ['a', 'b', 'c'];
const CONTEXTS = [
  { items: 3, changes: false, mood: 'well' },
  { items: 4, changes: true, mood: 'well' },
  { items: 12, changes: true, mood: 'well' },
  { items: 2, changes: true, mood: 'fails' },
  { items: 1, changes: false, mood: 'hangs' },
  { items: 2, changes: false, mood: 'floods' },
  { items: 2, changes: false, mood: 'unstorable' },
] as const;
/** How often each context is picked: mostly the usual work. */
const CONTEXT_WEIGHTS = [6, 8, 6, 1, 1, 1, 1];

const logger = pino({ level: 'silent' });

/** The result of one history. */
export interface HistoryReport {
  readonly seed: number;
  readonly broken: readonly string[];
  readonly virtualMs: number;
  /** A digest of every event in the log and every line of the trace; the same seed gives the same digest. */
  readonly digest: string;
  readonly trace: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

/** Plays one history: faults and quiet times in turn. The promises are checked after each quiet time. */
export async function playHistory(seed: number, bug?: InjectedBug): Promise<HistoryReport> {
  const history = new History(seed, bug);
  await history.round();
  if (seed % SECOND_ROUND_EVERY === 0 && history.broken.length === 0) await history.round();
  return history.report();
}

type Boot = (process: SimulatedProcess) => (() => Promise<void>) | undefined;

class History {
  broken: readonly string[] = [];
  readonly #chance: SeededChance;
  readonly #time = createVirtualTime();
  readonly #trace: string[] = [];
  readonly #log = createMemoryLog();
  readonly #store: StoreCondition = { away: false };
  readonly #database = new SimulatedDatabase();
  readonly #target = new SimulatedTarget();
  /** Shared by all processes, so that it survives crashes and is outdated more often than a process's own. */
  readonly #startedRuns = createStartedRuns();
  readonly #bus: SimulatedBus;
  readonly #answers: StartAnswer[] = [];
  readonly #plan: FaultPlan;
  readonly #places: Place[] = [];
  #faulty = false;
  #starting = false;

  constructor(
    private readonly seed: number,
    private readonly bug: InjectedBug | undefined,
  ) {
    this.#chance = createSeededChance(seed);
    this.#plan = drawFaults(this.#chance);
    this.#bus = new SimulatedBus({
      time: this.#time,
      chance: this.#chance,
      rates: this.#rates,
      ackWaitMs: DEFAULTS.OPSLEDGER_ACK_WAIT_MS,
      trace: this.#say,
    });
    const boots: readonly (readonly [string, number, Boot])[] = [
      ['worker', WORKERS, (process) => this.#bootWorker(process)],
      ['starter', STARTERS, (process) => this.#bootStarter(process)],
      ['projector', PROJECTORS, (process) => this.#bootProjector(process)],
    ];
    for (const [role, many, boot] of boots)
      for (let n = 1; n <= many; n++) this.#places.push(this.#place(`${role}-${n}`, boot));
  }

  /** Starts runs while faults happen, then waits without faults until everything has ended. */
  async round(): Promise<void> {
    this.#faulty = true;
    this.#starting = true;
    this.#planDisaster();
    await this.#time.pass(FAULTS_MS);
    this.#faulty = false;
    this.#starting = false;
    this.#store.away = this.#database.away = this.#bus.away = false;
    this.#say('calm begins');
    // Who was frozen in the middle of a start finishes it when it wakes.
    const allAwake = () => this.#places.every(({ process }) => !process?.frozen);
    await this.#time.pass(SETTLE_MAX_MS, () => this.#isQuiet() && allAwake());
    if (this.#isQuiet()) {
      await this.#time.pass(AFTERMATH_MS);
      await this.#time.pass(SETTLE_MAX_MS, () => this.#isQuiet());
    }
    const evidence = { answers: this.#answers, effects: this.#target.effects, settled: true };
    this.broken = [...brokenPromisesOf(this.#log.events, evidence), ...this.#brokenRows()];
  }

  report(): HistoryReport {
    const digest = createHash('sha256');
    for (const event of this.#log.events) digest.update(JSON.stringify(event));
    for (const line of this.#trace) digest.update(line);
    const counts: Record<string, number> = { effects: this.#target.effects.length };
    const count = (what: string) => {
      counts[what] = (counts[what] ?? 0) + 1;
    };
    for (const event of this.#log.events) {
      count(event.type);
      if (event.type === 'RunStarted' && (event.data as { attempt: number }).attempt > 1) count('takeovers');
    }
    for (const { kind } of this.#answers) count(kind);
    return {
      seed: this.seed,
      broken: this.broken,
      virtualMs: this.#time.nowMs(),
      digest: digest.digest('hex'),
      trace: this.#trace,
      counts,
    };
  }

  readonly #rates = () => (this.#faulty ? this.#plan.rates : NO_FAULTS);

  readonly #say = (line: string): void => {
    this.#trace.push(`${(this.#time.nowMs() / 1000).toFixed(3).padStart(9)}  ${line}`);
  };

  #isQuiet(): boolean {
    const { position, activeRows } = this.#database;
    return position === this.#log.events.length - 1 && activeRows.length === 0;
  }

  /** P5: at the end the projection has read the whole log and has no active runs. */
  #brokenRows(): readonly string[] {
    if (this.#isQuiet()) return [];
    const { position, activeRows } = this.#database;
    return [`P5 at the end the projection stands at ${position} with ${activeRows.length} active runs`];
  }

  #place(name: string, boot: Boot): Place {
    const place: Place = { name, lives: 0, process: undefined, stop: undefined };
    const live = () => {
      place.lives += 1;
      const process = new SimulatedProcess({
        name: `${name}.${place.lives}`,
        time: this.#time,
        chance: this.#chance,
        rates: this.#rates,
        trace: this.#say,
      });
      process.onDeath(() => this.#time.after(this.#chance.below(DEAD_MAX_MS), live));
      place.process = process;
      place.stop = boot(process);
    };
    live();
    return place;
  }

  #ledgerOf(process: SimulatedProcess) {
    const log = withLogBug(createSimulatedLog(this.#log, process, this.#store, this.#say), this.bug);
    return createLedger({ events: productEvents, log, clock: process.clock, chance: this.#chance });
  }

  #operationsOf(process: SimulatedProcess) {
    return createOperationRegistry([
      defineSimulatedWork({
        target: this.#target.connect(process),
        clock: process.clock,
        chance: this.#chance,
        mistakes: mistakesOf(this.bug),
      }),
    ]);
  }

  #bootWorker(process: SimulatedProcess): () => Promise<void> {
    const { clock } = process;
    const ledger = this.#ledgerOf(process);
    const operations = this.#operationsOf(process);
    const bus = this.#bus.connect(process);
    const liveness = this.#database.liveness(process);
    const runs = this.#database.activeRuns(process);
    const watch = createLifeWatch({ liveness, clock }, TIMES.lostAfterMs);
    const shared = { ledger, bus, operations, liveness, clock, logger };
    const store = this.#database.leases(process);
    const leaseOf = (name: string) =>
      createLease(
        { store, clock, canWrite: ledger.canWrite },
        { name, holder: process.name, lostAfterMs: TIMES.lostAfterMs },
      );
    const worker = new Worker(
      {
        ...shared,
        servicesOf: () => onlyTheLog({ ledger, clock }),
        openGraphWriter: noGraph,
        startedRuns: this.#startedRuns,
      },
      {
        ...TIMES,
        name: process.name,
        limits: { total: WORKER_RUNS, perTenant: WORKER_RUNS, perType: {} },
      },
    );
    worker.start();
    const dispatcher = createDispatcher(
      { ...shared, runs, lease: leaseOf('dispatcher'), waits: this.#database.waits(process) },
      TIMES,
    );
    if (this.bug !== 'no-dispatcher') dispatcher.start();
    const watchdog = createWatchdog({ ...shared, runs, watch, lease: leaseOf('watchdog') }, TIMES);
    if (this.bug !== 'no-watchdog') watchdog.start();
    return async () => {
      await watchdog.stop();
      await dispatcher.stop();
      await worker.stop();
    };
  }

  #bootStarter(process: SimulatedProcess): undefined {
    const bus = this.#bus.connect(process);
    const deps = {
      ledger: withStartBug(this.#ledgerOf(process), bus, this.bug),
      bus,
      operations: this.#operationsOf(process),
      clock: process.clock,
      logger,
      artifacts: noArtifacts,
      publishTimeoutMs: TIMES.publishTimeoutMs,
      startedRuns: this.#startedRuns,
    };
    const people = PEOPLE.map(async (personId) => {
      for (;;) {
        await process.clock.sleep(this.#chance.below(STARTS_EVERY_MAX_MS));
        if (!this.#starting) continue;
        const tenantId = this.#chance.pick(TENANTS);
        const key = this.#chance.pick(KEYS);
        // Usually the same context as other starts of this key, so that starts are reused and not refused.
        const context = this.#chance.fraction() < 0.2 ? pickContext(this.#chance) : contextOf(key, tenantId);
        try {
          const answer = await startRun(deps, {
            tenantId,
            type: WORK_TYPE,
            input: { key, context },
            initiator: { kind: 'member', personId },
            correlationId: this.#chance.uuid(),
            connected: true,
            allows: () => true,
          });
          this.#say(`${process.name} is answered ${answer.kind} ${answer.runId?.slice(26) ?? ''}`);
          if (answer.kind !== 'refused')
            this.#answers.push({ tenantId, runId: answer.runId, kind: answer.kind });
        } catch (error) {
          this.#say(`${process.name} could not start: ${error instanceof Error ? error.message : error}`);
        }
      }
    });
    void Promise.all(people);
    return undefined;
  }

  #bootProjector(process: SimulatedProcess): undefined {
    const database = this.#database;
    const follow = async () => {
      for (;;) {
        await process.clock.sleep(PROJECT_EVERY_MS);
        try {
          const from = await database.checkpoint(process);
          const page = await process.call({
            what: `events after ${from}`,
            work: () => this.#log.events.slice(from + 1, from + 1 + BATCH_MAX),
            timeoutMs: TIMES.drainMs,
            unanswered: (why) => new Error(why),
            away: () => this.#store.away,
          });
          const last = page.at(-1);
          const ofRuns = page.filter(({ stream }) => stream.startsWith('operation-'));
          if (last) await database.apply(process, from, last.position, ofRuns.map(productEvents.decode));
        } catch (error) {
          this.#say(`${process.name}: ${error instanceof Error ? error.message : error}`);
        }
      }
    };
    void follow();
    return undefined;
  }

  #planDisaster(): void {
    const { disasters, disasterEveryMs } = this.#plan;
    if (disasters.length === 0) return;
    this.#time.after(this.#chance.below(2 * disasterEveryMs), () => {
      if (!this.#faulty) return;
      this.#strike(this.#chance.pick(disasters));
      this.#planDisaster();
    });
  }

  #strike(disaster: Disaster): void {
    const place = this.#chance.pick(this.#places);
    const { process } = place;
    const awayMs = this.#chance.below(AWAY_MAX_MS);
    switch (disaster) {
      case 'kill':
        process?.kill('killed');
        break;
      case 'freeze':
        process?.freeze(this.#chance.below(FROZEN_MAX_MS));
        break;
      case 'clock-jump':
        this.#setClockWrong(process, awayMs);
        break;
      case 'stop':
        this.#say(`${process?.name} is stopped`);
        void place.stop?.().then(() => process?.kill('stopped'));
        break;
      case 'bus-wiped':
        this.#say('the bus loses its data');
        this.#bus.wipe();
        break;
      case 'bus-away':
        this.#leave('the bus', this.#bus, awayMs);
        break;
      case 'database-away':
        this.#leave('the database', this.#database, awayMs);
        break;
      case 'store-away':
        this.#leave('the event store', this.#store, awayMs);
    }
  }

  /** Sets a process's clock wrong: by a little, or by so much that the process may write nothing until it is right. */
  #setClockWrong(process: SimulatedProcess | undefined, forMs: number): void {
    const byMs = this.#chance.pick([-HOUR_MS, -50_000, 40_000, 24 * HOUR_MS]);
    process?.jumpWallClock(byMs - process.clockAheadMs);
    this.#time.after(forMs, () => process?.jumpWallClock(-process.clockAheadMs));
  }

  #leave(what: string, part: { away: boolean }, forMs: number): void {
    this.#say(`${what} is away for ${forMs} ms`);
    part.away = true;
    this.#time.after(forMs, () => {
      part.away = false;
      this.#say(`${what} is back`);
    });
  }
}

/** A place for a process; when the process dies, another one is started there. */
interface Place {
  readonly name: string;
  lives: number;
  process: SimulatedProcess | undefined;
  stop: (() => Promise<void>) | undefined;
}

function pickContext(chance: SeededChance) {
  const weighted = CONTEXTS.flatMap((context, index) =>
    Array.from({ length: CONTEXT_WEIGHTS[index] ?? 1 }, () => context),
  );
  return chance.pick(weighted);
}

/** The usual context of a key's starts, so that they join one run. */
function contextOf(key: string, tenantId: string) {
  const index = (KEYS.indexOf(key) + TENANTS.indexOf(tenantId)) % 3;
  return CONTEXTS[index] ?? CONTEXTS[0];
}
