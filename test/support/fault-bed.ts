import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createNatsBus } from '../../src/bus/nats/nats-bus.js';
import { systemChance, systemClock } from '../../src/clock.js';
import { createGraphCredentialStore } from '../../src/db/graph-credentials.js';
import { parseMasterKey } from '../../src/db/master-key.js';
import { type SpawnedEventStore, spawnEventStore } from '../../src/embedded/event-store/index.js';
import type { EventLog, RawEvent } from '../../src/ledger/event-log.js';
import { createEventStoreLog } from '../../src/ledger/event-store-log.js';
import { createLedger } from '../../src/ledger/ledger.js';
import { EMPTY_HEAD } from '../../src/ledger/stream-head.js';
import { productEvents } from '../../src/program/product-events.js';
import { type StartResult, startRun } from '../../src/starting/start-run.js';
import { tenantStream } from '../../src/tenancy/tenant-events.js';
import { silent, type TestDatabase, testDatabase } from './database.js';
import { createFaultOperations, FAULT_TYPE, type FaultContext } from './fault-operations.js';
import { type FaultTask, startRequestOf } from './fault-task.js';
import { startNatsServer, type TestNatsServer, type TestNatsServerOptions } from './nats-server.js';
import { noArtifacts } from './no-artifacts.js';
import { brokenPromises, type StartAnswer } from './promise-checker.js';
import { startTargetServer, type TargetServer } from './target-server.js';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';
import { until } from './until.js';

export const TENANT = '1f2d3c4b-0000-4000-8000-000000000001';
export const PERSON = '1f2d3c4b-0000-4000-8000-00000000000a';
export const longRun = process.env.OPSLEDGER_LONG === '1';

/** Settings of the product's times, shortened so that a fault and its recovery take only seconds. */
const TIMES = {
  OPSLEDGER_BEAT_EVERY_MS: '300',
  OPSLEDGER_LOST_AFTER_MS: '1500',
  OPSLEDGER_RESEND_AFTER_MS: '700',
  OPSLEDGER_PUBLISH_TIMEOUT_MS: '600',
  OPSLEDGER_DISPATCH_EVERY_MS: '150',
  OPSLEDGER_ACK_WAIT_MS: '900',
  OPSLEDGER_DRAIN_MS: '1000',
};
const PUBLISH_TIMEOUT_MS = 600;
const SETTLE_LIMIT_MS = longRun ? 600_000 : 120_000;
const READY_LIMIT_MS = longRun ? 290_000 : 120_000;
const END_GRACE_MS = 60_000;

interface Teardown {
  teardown(end: () => Promise<void>): void;
}

/** A process of the product under test. */
export interface FaultProcess {
  readonly pid: number;
  /** Its next line of output, or undefined once it has ended. */
  line(): Promise<string | undefined>;
  /** Its log output so far. */
  complaints(): string;
  send(line: string): void;
  signal(name: NodeJS.Signals): void;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** A process that is started again whenever it dies. */
export interface SupervisedProcess {
  stop(): Promise<void>;
  deaths(): number;
  /** Sends a signal to the process that runs now. */
  signal(name: NodeJS.Signals): void;
  /** Sends a line to the process that runs now, and to each that follows it. */
  send(line: string): void;
}

/** The event store of a bed. */
export type BedStore = Pick<SpawnedEventStore, 'url' | 'port' | 'pid' | 'stop'>;

export interface FaultBedOptions {
  /** Starts another event store on a folder than a child process that is restarted when it dies. */
  readonly startStore?: (dataDir: string) => Promise<BedStore>;
  readonly nats?: TestNatsServerOptions;
}

/** Real servers behind proxies, a target with its own log, and processes of the product that use them. */
export interface FaultBed {
  readonly store: BedStore;
  readonly storeProxy: TcpProxy;
  readonly database: TestDatabase;
  readonly databaseProxy: TcpProxy;
  readonly nats: TestNatsServer;
  readonly target: TargetServer;
  /** The master key of its processes. */
  readonly masterKey: string;
  /** The log without a proxy, for the checks. */
  readonly log: EventLog;
  /** The log behind the proxy, for starts. */
  readonly starting: EventLog;
  readonly answers: StartAnswer[];
  /** Starts a process and waits until it is ready. */
  process(task: Wanted, environment?: NodeJS.ProcessEnv): Promise<FaultProcess>;
  /** Starts a process without waiting. */
  launch(task: Wanted, environment?: NodeJS.ProcessEnv): FaultProcess;
  /** Keeps a process of this kind running: a new one is started when it dies. */
  supervise(task: Wanted, environment?: NodeJS.ProcessEnv): Promise<SupervisedProcess>;
  /** Registers the tenant of the runs and connects it to Graph. */
  connectTenant(graphUrl: string): Promise<void>;
  /** Starts a run from this process and records the answer for the checks. */
  start(key: string, context?: Partial<FaultContext>, over?: StartOver): Promise<StartResult>;
  /** Resolves when the bus that `start` publishes to can be reached, as some time after a restart of NATS. */
  busReached(): Promise<void>;
  /** Resolves with the first event of the whole log that matches, including events that are already there. */
  seen(wanted: (event: RawEvent) => boolean): Promise<RawEvent>;
  /** Resolves when no run is open. */
  settled(runsAtLeast: number): Promise<void>;
  /** The promises that the log and the target show to be broken, as sentences. */
  broken(): Promise<readonly string[]>;
}

/** A task without the fields that the bed fills in. */
type Wanted = FaultTask extends infer T
  ? T extends FaultTask
    ? Omit<T, 'targetUrl' | 'folder'>
    : never
  : never;
interface StartOver {
  readonly type?: string;
  readonly correlationId?: string;
}

export async function createFaultBed(t: Teardown, options: FaultBedOptions = {}): Promise<FaultBed> {
  const { startStore = (dataDir) => spawnEventStore({ dataDir }) } = options;
  const folder = await mkdtemp(join(tmpdir(), 'opsledger-faults-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const [database, nats, store, target] = await Promise.all([
    testDatabase(t),
    startNatsServer(options.nats),
    startStore(join(folder, 'event-store')),
    startTargetServer(),
  ]);
  const storeProxy = await startTcpProxy(store.port);
  const databaseProxy = await startTcpProxy(Number(new URL(database.url).port));
  const log = createEventStoreLog({ url: store.url });
  const processes = new Set<FaultProcess>();
  const operations = createFaultOperations(target.url);
  const logger = silent;
  const clock = systemClock;
  const starting = createEventStoreLog({ url: through(store.url, storeProxy) });
  const ledger = createLedger({ events: productEvents, log: starting, clock, chance: systemChance });
  const bus = createNatsBus({
    servers: nats.url,
    ackWaitMs: Number(TIMES.OPSLEDGER_ACK_WAIT_MS),
    clock,
    logger,
  });
  const answers: StartAnswer[] = [];
  let closing = false;
  const key = randomBytes(32).toString('hex');

  t.teardown(async () => {
    closing = true;
    for (const process of processes) process.signal('SIGCONT');
    for (const process of processes) process.signal('SIGKILL');
    await Promise.all([...processes].map(({ ended }) => ended));
    await bus.close();
    await Promise.all([starting.close(), log.close(), nats.dispose(), target.close()]);
    await store.stop();
    await Promise.all([storeProxy.close(), databaseProxy.close()]);
  });

  function launch(task: Wanted, environment: NodeJS.ProcessEnv = {}): FaultProcess {
    const taskFile = join(folder, `task-${randomUUID()}.json`);
    writeFileSync(taskFile, JSON.stringify({ ...task, folder, targetUrl: target.url }));
    // tap adds its loader to every process by NODE_OPTIONS. `env` removes it again.
    const child = spawn(
      'env',
      [
        ...['-u', 'NODE_OPTIONS', process.execPath],
        fileURLToPath(new URL('fault-process.js', import.meta.url)),
      ],
      {
        stdio: 'pipe',
        env: {
          ...process.env,
          ...TIMES,
          OPSLEDGER_LOG_LEVEL: 'warn',
          OPSLEDGER_MASTER_KEY: key,
          DATABASE_URL: through(database.url, databaseProxy),
          EVENTSTORE_URL: through(store.url, storeProxy),
          NATS_URL: nats.url,
          FAULT_PROCESS: taskFile,
          ...environment,
        },
      },
    );
    const launched = faultProcessOf(child);
    processes.add(launched);
    void launched.ended.then(() => processes.delete(launched));
    return launched;
  }

  async function begin(task: Wanted, environment?: NodeJS.ProcessEnv): Promise<FaultProcess> {
    const launched = launch(task, environment);
    const line = await within(READY_LIMIT_MS, launched.line(), () => launched.complaints());
    if (line !== 'ready') throw new Error(`the process ended: ${launched.complaints()}`);
    return launched;
  }

  return {
    store,
    storeProxy,
    database,
    databaseProxy,
    nats,
    target,
    masterKey: key,
    log,
    answers,
    launch,
    process: begin,
    async supervise(task, environment) {
      let deaths = 0;
      let stopped = false;
      let lastLine: string | undefined;
      const beginAgain = async () => {
        const begun = await begin(task, environment);
        if (lastLine !== undefined) begun.send(lastLine);
        return begun;
      };
      let current = await beginAgain();
      const watching = (async () => {
        while (!stopped) {
          await current.ended;
          if (stopped || closing) return;
          deaths += 1;
          try {
            current = await beginAgain();
          } catch (error) {
            // It was killed at the end of the test.
            if (stopped || closing) return;
            throw error;
          }
        }
      })();
      return {
        deaths: () => deaths,
        signal: (name) => current.signal(name),
        send(line) {
          lastLine = line;
          current.send(line);
        },
        async stop() {
          stopped = true;
          current.signal('SIGKILL');
          await watching;
          current.signal('SIGKILL');
        },
      };
    },
    starting,
    async start(key, context = {}, over = {}) {
      const result = await startRun(
        {
          ledger,
          bus,
          operations,
          artifacts: noArtifacts,
          clock,
          logger,
          publishTimeoutMs: PUBLISH_TIMEOUT_MS,
        },
        startRequestOf({
          tenantId: TENANT,
          personId: PERSON,
          type: FAULT_TYPE,
          key,
          correlationId: randomUUID(),
          context: { items: 3, changes: true, pauseMs: 20, mood: 'well', ...context },
          ...over,
        }),
      );
      if (result.kind !== 'refused')
        answers.push({ tenantId: TENANT, runId: result.runId, kind: result.kind });
      return result;
    },
    async connectTenant(graphUrl) {
      const actor = { kind: 'system', id: 'faults' } as const;
      await ledger.append(
        tenantStream(TENANT),
        EMPTY_HEAD,
        [
          { type: 'TenantRegistered', data: { slug: 'faults', name: 'Faults' } },
          { type: 'GraphConnectionSet', data: { baseUrl: graphUrl, signIn: null } },
        ],
        { tenantId: TENANT, actor, correlationId: randomUUID(), causationId: randomUUID() },
      );
      const masterKey = parseMasterKey(key);
      await createGraphCredentialStore({ db: database.db, masterKey }).set(TENANT, null, {
        token: 'a-token',
      });
    },
    async busReached() {
      await until(() => bus.health().ok);
    },
    async seen(wanted) {
      const event = await firstOf(log, wanted);
      if (!event) throw new Error('what was waited for was not appended');
      return event;
    },
    async settled(runsAtLeast) {
      const open = new Set<string>();
      let begun = 0;
      const quiet = await firstOf(log, ({ type, metadata }) => {
        const runId = String((metadata as { runId?: string }).runId);
        if (type === 'RunQueued') {
          begun += 1;
          open.add(runId);
        }
        if (/^Run(Completed|Failed|Aborted)$/.test(type)) open.delete(runId);
        return begun >= runsAtLeast && open.size === 0;
      });
      if (!quiet) throw new Error(`${begun} runs began, still open: ${[...open].join(', ')}`);
    },
    broken: () => brokenPromises(log, { answers, effects: target.effects, settled: true }),
  };
}

/** The first matching event from the beginning of the log, or undefined when none comes in time. */
async function firstOf(log: EventLog, wanted: (event: RawEvent) => boolean): Promise<RawEvent | undefined> {
  const reading = new AbortController();
  const limit = setTimeout(() => reading.abort(), SETTLE_LIMIT_MS);
  let after: number | undefined;
  try {
    while (!reading.signal.aborted) {
      try {
        const subscription = { after, streamPrefixes: ['operation-'], signal: reading.signal };
        for await (const item of log.subscribe(subscription)) {
          if (item.kind !== 'event') continue;
          after = item.event.position;
          if (wanted(item.event)) return item.event;
        }
      } catch {
        // A fault hits the store, so reading goes on from the last event.
        await systemClock.sleep(50, reading.signal);
      }
    }
    return undefined;
  } finally {
    clearTimeout(limit);
  }
}

function faultProcessOf(child: ChildProcess): FaultProcess {
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  if (!child.stdout) throw new Error('the process was started without pipes');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'close').then(([code, signal]): number | string => signal ?? code);
  child.stdin?.on('error', () => undefined);
  return {
    pid: child.pid ?? -1,
    line: async () => (await lines.next()).value,
    complaints: () => complaints,
    send: (line) => void child.stdin?.write(`${line}\n`),
    signal: (name) => void child.kill(name),
    ended,
  };
}

/** The same address with the proxy's port. */
function through(url: string, proxy: TcpProxy): string {
  const parsed = new URL(url);
  parsed.port = String(proxy.port);
  return parsed.href;
}

async function within<T>(limitMs: number, promise: Promise<T>, complaints: () => string): Promise<T> {
  const over = new AbortController();
  try {
    return await Promise.race([
      promise,
      systemClock.sleep(limitMs, over.signal).then(() => {
        throw new Error(`not within ${limitMs} ms: ${complaints()}`);
      }),
    ]);
  } finally {
    over.abort();
  }
}

/** How long a process may take in these tests to end after SIGTERM. */
export const END_LIMIT_MS = END_GRACE_MS;
