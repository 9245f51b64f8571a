import os from 'node:os';
import type { Logger } from 'pino';
import { createActiveRuns, dispatchProjection } from '../../projections/dispatch/active-runs-projection.js';
import { createProjector } from '../../projections/engine/projector.js';
import { createServedSchema } from '../../projections/engine/served-schema.js';
import { appVersion } from '../app-version.js';
import { type Chance, type Clock, systemChance, systemClock } from '../clock.js';
import { type Config, ConfigError } from '../config.js';
import { createArtifactStore } from '../db/artifacts.js';
import { createGraphCredentialStore, type GraphCredentialStore } from '../db/graph-credentials.js';
import { assertHubRole } from '../db/hub-role-check.js';
import { createLiveness } from '../db/liveness.js';
import { createLeaseStore, createPartSigns, createWaitingTimes } from '../db/part-signs.js';
import { createHubPool, createWriterPool } from '../db/pools.js';
import { createRequestKeys } from '../db/request-keys.js';
import { createTenantShares } from '../db/tenant-shares.js';
import { createDispatcher } from '../dispatch/dispatcher.js';
import { withProducerOffers } from '../dispatch/producer-offers.js';
import { createWatchdog } from '../dispatch/watchdog.js';
import { decodeOnce } from '../ledger/decode-once.js';
import { shareSubscription } from '../ledger/shared-subscription.js';
import { createLease } from '../liveness/lease.js';
import { createLifeWatch, type LifeWatch } from '../liveness/life-watch.js';
import type { Liveness } from '../liveness/liveness.js';
import { keepSaying, type PartName, type PartWord } from '../liveness/part-signs.js';
import { createMetrics, type Metrics } from '../metrics/metrics.js';
import { startMetricsServer } from '../metrics/metrics-server.js';
import {
  createOperationRegistry,
  type OperationCatalogue,
  type OperationRegistry,
} from '../operations/registry.js';
import { readExternalTypes } from '../producers/external-types.js';
import type { StartDependencies } from '../starting/start-run.js';
import { createStartedRuns } from '../starting/started-runs.js';
import { TenantDirectory } from '../tenancy/tenant-directory.js';
import { Periodic } from '../timing/periodic.js';
import { basePathOf } from '../web/base-path.js';
import { createWebServer } from '../web/create-web-server.js';
import type { HubDatabase } from '../web/web-dependencies.js';
import { Worker } from '../worker/worker.js';
import { collectArtifacts } from './artifact-collection.js';
import { assertLimits } from './assert-limits.js';
import { type ClockDifferences, createClockDifferences } from './clock-differences.js';
import { createDevelopmentSignIn } from './development-sign-in.js';
import { type Features, productFeatures } from './features.js';
import { hubPostgresOf, type Infrastructure, startInfrastructure } from './infrastructure.js';
import { allowsDevelopmentSignIn, checkOidcConfig, oidcSettingsOf } from './oidc-settings.js';
import { createOperationServices } from './operation-services.js';
import { Parts } from './parts.js';
import { createServerWaits, type ServerWaits, unlessAborted } from './server-waits.js';
import { createSystemStatus } from './system-status.js';
import { startWaitingServer, type WaitingServer } from './waiting-server.js';
import { createWebPorts } from './web-ports.js';

/** What a process does; `start` does all of it. */
export const ROLES = ['web', 'worker', 'projector'] as const;
export type ProgramRole = (typeof ROLES)[number];

export interface ProgramOptions {
  readonly config: Config;
  readonly roles: readonly ProgramRole[];
  readonly logger: Logger;
  /** What it is made of; the product's own features unless others are given. */
  readonly features?: Features;
  /** Token that opens the API to this machine's user, where there is one. */
  readonly localToken?: string;
  /** Secret of the development sign-in's links; without it, or with an issuer, there is none. */
  readonly developmentSecret?: string;
  /** Told when a part finds that it can never work as things are: the process should say so and end. */
  readonly onFatal?: (error: Error) => void;
  /** Gives up starting, also while servers are waited for. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly chance?: Chance;
  /** Where the parts are kept that the caller stops; without it the program's `stop` is all there is. */
  readonly parts?: Parts;
}

export interface Program {
  readonly infrastructure: Infrastructure;
  readonly directory: TenantDirectory;
  readonly credentials: GraphCredentialStore;
  readonly starts: StartDependencies;
  /** Begins to serve pages and answers the address; only with the role `web`. */
  serve(): Promise<string>;
  /** Stops everything that was started, in the opposite order. Tolerates a second call. */
  stop(): Promise<void>;
}

const PROJECTOR_CONNECTIONS = 6;
/** How long a worker may take to hand its runs back after its handlers have had their time to end. */
const HAND_BACK_WITHIN_MS = 10_000;
/** How often a worker asks whether artifacts are to be collected; one process does it when it is due. */
const COLLECTION_LOOK_EVERY_MS = 60_000;
const CLEAR_EVERY_MS = 60 * 60_000;
const EXPIRED_KEYS_EVERY_MS = 60 * 60_000;

/**
 * Starts the parts of the given roles in order, each on what was started before it; if one can't be started, the
 * others are stopped again. Configured servers that don't answer are waited for; a process that will serve pages
 * answers 503 meanwhile. Errors are sentences for whoever runs the program, or the signal's reason.
 */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const { config, logger, roles } = options;
  if (roles.length < ROLES.length) requireServers(config);
  if (roles.includes('web')) checkOidcConfig(config);
  const { features = productFeatures } = options;
  assertLimits(config, features.operations);
  const parts = options.parts ?? new Parts(logger);
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal ? [options.signal] : [])]);
  let waiting: WaitingServer | undefined;
  const waits = createServerWaits({
    signal,
    logger,
    async onWaiting(sentence) {
      if (!roles.includes('web') || config.OPSLEDGER_PORT === 0) return;
      waiting ??= await startWaitingServer({ host: config.OPSLEDGER_HOST, port: config.OPSLEDGER_PORT });
      waiting.say(sentence);
    },
  });
  try {
    return await startRoles({ ...options, features, signal }, parts, waits);
  } catch (error) {
    failed.abort();
    await parts.stop();
    throw error;
  } finally {
    await waiting?.close();
  }
}

/** Processes of one role each can't start servers of their own: they share them. */
function requireServers(config: Config): void {
  for (const name of ['DATABASE_URL', 'EVENTSTORE_URL', 'NATS_URL'] as const)
    if (!config[name])
      throw new ConfigError(
        `${name} is missing: web, worker and projector as separate processes share real servers. ` +
          'Set it, or run everything in one process with “opsledger start”.',
      );
}

async function startRoles(
  options: ProgramOptions & { readonly features: Features; readonly signal: AbortSignal },
  parts: Parts,
  waits: ServerWaits,
): Promise<Program> {
  const { config, logger, roles, signal, features } = options;
  const { operations } = features;
  const clock = options.clock ?? systemClock;
  const chance = options.chance ?? systemChance;
  const infrastructure = await startInfrastructure({
    ...{ config, parts, waits, signal, clock, chance, logger, events: features.events },
    ...(options.onFatal ? { onFatal: options.onFatal } : {}),
  });
  const { ledger, masterKey, primary } = infrastructure;
  const credentials = createGraphCredentialStore({ db: primary, masterKey });
  const directory = await parts.add(
    'tenant directory',
    async () => {
      const following = new TenantDirectory({ ledger, clock, chance, logger });
      try {
        await unlessAborted(signal, following.start());
        return following;
      } catch (error) {
        await following.stop();
        throw error;
      }
    },
    (following) => following.stop(),
  );
  const publishTimeoutMs = config.OPSLEDGER_PUBLISH_TIMEOUT_MS;
  const catalogue = await catalogueOf(config, operations);
  const bus = withProducerOffers(infrastructure.bus, catalogue);
  const starts: StartDependencies = {
    ...{ ledger, bus, operations: catalogue, clock, logger, publishTimeoutMs },
    // On a bus in process every command comes back to this process's worker.
    startedRuns: roles.includes('worker') && !config.NATS_URL ? createStartedRuns() : undefined,
  };
  const metrics = config.OPSLEDGER_METRICS_PORT === undefined ? undefined : createMetrics();
  const clocks = createClockDifferences({ db: primary, log: ledger.log, clock, logger });
  const context = {
    ...{ ...options, parts, waits, infrastructure, directory, credentials, starts, clock, chance },
    ...{ metrics, clocks, processName: config.OPSLEDGER_WORKER_NAME ?? `${os.hostname()}-${process.pid}` },
    said: [],
  };

  await startClocks(context);
  if (roles.includes('projector')) await startProjectors(context);
  if (roles.includes('worker')) await startWorker(context, operations);
  const serve = roles.includes('web') ? await prepareWeb(context) : notServing;
  await startSigns(context);
  if (metrics) await serveMetrics(context, metrics);
  return { infrastructure, directory, credentials, starts, serve, stop: () => parts.stop() };
}

/** The workers' types and those that the configuration declares for producers outside. */
async function catalogueOf(config: Config, operations: OperationRegistry): Promise<OperationCatalogue> {
  const path = config.OPSLEDGER_EXTERNAL_TYPES;
  if (path === undefined) return operations;
  const declared = [...operations.values(), ...(await readExternalTypes(path))];
  try {
    return createOperationRegistry(declared);
  } catch (error) {
    throw new ConfigError(`OPSLEDGER_EXTERNAL_TYPES is not usable: ${String(error)}`);
  }
}

interface Context extends ProgramOptions {
  readonly features: Features;
  readonly parts: Parts;
  readonly waits: ServerWaits;
  readonly infrastructure: Infrastructure;
  readonly directory: TenantDirectory;
  readonly credentials: GraphCredentialStore;
  readonly starts: StartDependencies;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly metrics: Metrics | undefined;
  readonly clocks: ClockDifferences;
  /** Unique among running processes. */
  readonly processName: string;
  /** What the parts of this process say of themselves, in the order that they were started. */
  readonly said: (() => Omit<PartWord, 'name' | 'appVersion'>)[];
}

const notServing = () => Promise.reject(new TypeError('this process serves no pages'));

async function serveMetrics(context: Context, metrics: Metrics): Promise<void> {
  const { config, infrastructure, logger, parts } = context;
  const { OPSLEDGER_METRICS_HOST: host, OPSLEDGER_METRICS_PORT: port = 0 } = config;
  if (infrastructure.eventStoreStatistics) metrics.followEventStore(infrastructure.eventStoreStatistics);
  metrics.followBus(() => infrastructure.bus.health().ok);
  const server = await parts.add(
    'metrics server',
    () => startMetricsServer(metrics, { host, port, logger }).catch(sayWhichPort),
    (running) => running.close(),
  );
  logger.info({ url: `http://${host}:${server.port}/metrics` }, 'metrics are answered');
}

function sayWhichPort(error: NodeJS.ErrnoException): never {
  if (error.code !== 'EADDRINUSE') throw error;
  throw new ConfigError(
    'OPSLEDGER_METRICS_PORT is taken by another program. Choose another one, or 0 for any free one.',
  );
}

/** Measures the difference to the servers' clocks; in every role, because each one's times are read by people. */
async function startClocks({ parts, metrics, clocks }: Context): Promise<void> {
  metrics?.followClocks(
    () => new Map([...clocks.known()].map(([server, { offsetMs }]) => [server, offsetMs / 1000])),
  );
  await parts.add(
    'difference of clocks',
    () => clocks.measuring.start(),
    () => clocks.measuring.stop(),
  );
}

async function startProjectors(context: Context): Promise<void> {
  const { parts, infrastructure, clock, logger, onFatal, metrics } = context;
  const db = await parts.add(
    'projection pool',
    () =>
      createWriterPool<unknown>(infrastructure.sessionUrl, {
        logger,
        applicationName: 'opsledger projector',
        connectionsMax: PROJECTOR_CONNECTIONS,
        troubles: infrastructure.troubles,
      }),
    (pool) => pool.destroy(),
  );
  context.said.push(() => ({ part: 'projector', trouble: clockTrouble(context) }));
  const projections = [context.features.hub, dispatchProjection];
  const { log: ownLog, events } = infrastructure.ledger;
  const subscribe = shareSubscription(ownLog, [
    ...new Set(projections.flatMap(({ streamPrefixes }) => streamPrefixes)),
  ]);
  const log = { ...ownLog, subscribe };
  const decode = decodeOnce(events.decode);
  for (const projection of projections)
    await parts.add(
      `${projection.name} projector`,
      () => {
        const projector = createProjector({
          log,
          db,
          databaseUrl: infrastructure.databaseUrl,
          projection,
          decode,
          clock,
          logger,
          ...(onFatal ? { onRefused: onFatal } : {}),
        });
        projector.start();
        metrics?.followProjector(projection.name, () => projector.status());
        return projector;
      },
      (projector) => projector.stop(),
    );
}

async function startWorker(context: Context, operations: OperationRegistry): Promise<void> {
  const { parts, infrastructure, directory, credentials, clock, chance, config, logger } = context;
  const { bus, ledger, masterKey, primary } = infrastructure;
  const { startedRuns } = context.starts;
  const artifacts = createArtifactStore({ db: primary, masterKey });
  const liveness = createLiveness(primary);
  const name = context.processName;
  const { services, openGraphWriter } = createOperationServices({
    ledger,
    clock,
    chance,
    artifacts,
    credentials,
    directory,
    shareOf: createTenantShares({ db: primary, clock, worker: name }),
  });
  const lostAfterMs = config.OPSLEDGER_LOST_AFTER_MS;
  const watch = createLifeWatch({ liveness, clock }, lostAfterMs);
  const worker = await parts.add(
    'worker',
    () => {
      const worker = new Worker(
        {
          ...{ ledger, bus, operations, services, openGraphWriter, liveness, clock, logger },
          startedRuns,
        },
        {
          name,
          limits: {
            total: config.OPSLEDGER_WORKER_RUNS,
            perTenant: config.OPSLEDGER_WORKER_RUNS_PER_TENANT,
            perType: config.OPSLEDGER_WORKER_RUNS_PER_TYPE,
          },
          beatEveryMs: config.OPSLEDGER_BEAT_EVERY_MS,
          lostAfterMs,
          drainMs: config.OPSLEDGER_DRAIN_MS,
        },
      );
      worker.start();
      context.metrics?.followWorker(() => worker.busy);
      return worker;
    },
    (worker) => worker.stop(),
    { stopWithinMs: config.OPSLEDGER_DRAIN_MS + HAND_BACK_WITHIN_MS },
  );
  const collecting = new Periodic(
    'collection of artifacts',
    COLLECTION_LOOK_EVERY_MS,
    async (signal) => void (await collectArtifacts({ log: ledger.log, primary, logger }, signal)),
    { clock, logger },
  );
  await parts.add(
    'collection of artifacts',
    () => collecting.start(),
    () => collecting.stop(),
  );
  const caretakers = await startCaretakers(context, { name, liveness, watch });
  context.said.push(
    () => ({
      part: 'worker',
      ...{ types: [...operations.keys()], runsInHand: worker.busy, trouble: clockTrouble(context) },
    }),
    ...caretakers.map(({ part, loop }) => () => ({ part, trouble: loop.trouble })),
  );
}

/** What other processes tell of this one's clock, where it is wrong. */
function clockTrouble({ clocks }: Context): string | undefined {
  const said = clocks.words();
  return said?.state === 'wrong' ? `its clock ${said.words}` : undefined;
}

/** Dispatcher and watchdog: each process has both ready, and one of each looks after the runs of all. */
async function startCaretakers(
  context: Context,
  of: { readonly name: string; readonly liveness: Liveness; readonly watch: LifeWatch },
): Promise<readonly { readonly part: PartName; readonly loop: Periodic }[]> {
  const { parts, infrastructure, clock, chance, config, logger } = context;
  const { ledger, primary } = infrastructure;
  const { bus, operations } = context.starts;
  const holder = `${of.name} ${chance.uuid()}`;
  const store = createLeaseStore(primary);
  const lostAfterMs = config.OPSLEDGER_LOST_AFTER_MS;
  const leaseOf = (name: string) => createLease({ store, clock }, { name, holder, lostAfterMs });
  const publishTimeoutMs = config.OPSLEDGER_PUBLISH_TIMEOUT_MS;
  const everyMs = config.OPSLEDGER_DISPATCH_EVERY_MS;
  const resendAfterMs = config.OPSLEDGER_RESEND_AFTER_MS;
  const shared = { runs: createActiveRuns(primary), ledger, bus, operations, clock, logger };
  const [dispatcherLease, watchdogLease] = [leaseOf('dispatcher'), leaseOf('watchdog')];
  const dispatcher = createDispatcher(
    { ...shared, lease: dispatcherLease, waits: createWaitingTimes(primary) },
    { everyMs, resendAfterMs, publishTimeoutMs },
  );
  const watchdog = createWatchdog(
    { ...shared, lease: watchdogLease, liveness: of.liveness, watch: of.watch },
    { everyMs, publishTimeoutMs, lostAfterMs },
  );
  const caretakers = [
    { part: 'dispatcher', loop: dispatcher, lease: dispatcherLease },
    { part: 'watchdog', loop: watchdog, lease: watchdogLease },
  ] as const;
  for (const { part, loop, lease } of caretakers)
    await parts.add(
      part,
      () => loop.start(),
      async () => {
        await loop.stop();
        await lease
          .giveUp()
          .catch((error: unknown) => logger.debug({ err: error }, 'a lease was not given up'));
      },
    );
  return caretakers;
}

/** Has the parts of this process say that they live, and clears away what others have left long ago. */
async function startSigns(context: Context): Promise<void> {
  const { parts, infrastructure, clock, logger, said, processName: name } = context;
  const signs = createPartSigns(infrastructure.primary);
  const words = () => said.map((word) => ({ ...word(), name, appVersion }));
  const saying = keepSaying({ signs, clock, logger }, words);
  const clearing = new Periodic('old signs of life', CLEAR_EVERY_MS, () => signs.clearOld(), {
    clock,
    logger,
  });
  await parts.add(
    'signs of life',
    () => {
      saying.start();
      clearing.start();
    },
    async () => {
      await Promise.all([saying.stop(), clearing.stop()]);
      for (const { part } of words())
        await signs
          .leave(part, name)
          .catch((error: unknown) => logger.debug({ err: error }, 'a sign of life was not removed'));
    },
  );
}

async function prepareWeb(context: Context): Promise<() => Promise<string>> {
  const { parts, waits, infrastructure, directory, starts, clock, chance, config, logger } = context;
  const { bus, behindPooler, sessionUrl, hubDatabaseUrl, ledger, masterKey, primary, troubles } =
    infrastructure;
  const hub = await parts.add(
    'hub pool',
    () => createHubPool<HubDatabase>(hubDatabaseUrl, { logger, behindPooler, troubles }),
    (pool) => pool.close(),
  );
  await waits.until(hubPostgresOf(config), () => assertHubRole(hub));
  const system = createSystemStatus({
    hub: context.features.hub,
    log: ledger.log,
    db: primary,
    bus,
    directory,
    clock,
    logger,
    signs: createPartSigns(primary),
    ...{ troubles, clocks: context.clocks },
    workerTypes: [...starts.operations.values()].flatMap(({ type, carriedOutBy }) =>
      carriedOutBy === 'worker' ? type : [],
    ),
  });
  context.said.push(() => ({ part: 'web', trouble: clockTrouble(context) }));
  await parts.add(
    'system status',
    () => system.start(),
    () => system.stop(),
  );
  const readModels = createServedSchema(context.features.hub);
  const ports = createWebPorts({
    readModels,
    start: starts,
    ledger,
    directory,
    primary,
    clock,
    chance,
    localToken: context.localToken,
    status: () => system.status(),
  });
  const expiring = new Periodic(
    'expired request keys',
    EXPIRED_KEYS_EVERY_MS,
    () => createRequestKeys(primary, { clock, chance }).removeExpired(),
    { clock, logger },
  );
  await parts.add(
    'removal of expired request keys',
    () => expiring.start(),
    () => expiring.stop(),
  );
  const publicUrl = config.OPSLEDGER_PUBLIC_URL;
  const { developmentSecret } = context;
  const oidc = oidcSettingsOf(config, masterKey);
  const developmentSignIn =
    developmentSecret && allowsDevelopmentSignIn(config)
      ? createDevelopmentSignIn({ secret: developmentSecret, directory, primary })
      : undefined;
  const app = await parts.add(
    'web server',
    () =>
      createWebServer({
        ports,
        events: context.features.events,
        pages: context.features.pages,
        views: context.features.views,
        hub,
        readModels,
        primary,
        notifyUrl: sessionUrl,
        clock,
        chance,
        logger,
        config: {
          timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
          ...(publicUrl ? { publicOrigin: new URL(publicUrl).origin, basePath: basePathOf(publicUrl) } : {}),
          tls: publicUrl?.startsWith('https://') ?? false,
          trustedProxies: config.OPSLEDGER_TRUSTED_PROXIES ?? (publicUrl ? ['loopback', 'uniquelocal'] : []),
          ...(oidc ? { oidc } : {}),
          ...(developmentSignIn ? { developmentSignIn } : {}),
        },
      }),
    (server) => server.close(),
  );
  return async () => {
    const address = await app.listen({ host: config.OPSLEDGER_HOST, port: config.OPSLEDGER_PORT });
    return publicUrl ?? address;
  };
}
