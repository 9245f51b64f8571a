import os from 'node:os';
import { systemChance, systemClock } from '../clock.js';
import { type Config, ConfigError } from '../config.js';
import { createArtifactStore } from '../db/artifacts.js';
import { createGraphCredentialStore } from '../db/graph-credentials.js';
import { withProducerOffers } from '../dispatch/producer-offers.js';
import { createMetrics } from '../metrics/metrics.js';
import {
  createOperationRegistry,
  type OperationCatalogue,
  type OperationRegistry,
} from '../operations/registry.js';
import { readExternalTypes } from '../producers/external-types.js';
import type { StartDependencies } from '../starting/start-run.js';
import { createStartedRuns } from '../starting/started-runs.js';
import { TenantDirectory } from '../tenancy/tenant-directory.js';
import { assertLimits } from './assert-limits.js';
import { createClockDifferences } from './clock-differences.js';
import { type Features, productFeatures } from './features.js';
import { startInfrastructure } from './infrastructure.js';
import { natsSettingsOf } from './nats-settings.js';
import { checkOidcConfig } from './oidc-settings.js';
import { Parts } from './parts.js';
import { prepareWeb } from './prepare-web.js';
import { type Program, type ProgramOptions, ROLES } from './program-context.js';
import { publicSiteOf } from './public-site.js';
import { serveMetrics } from './serve-metrics.js';
import { createServerWaits, type ServerWaits } from './server-waits.js';
import { startClocks } from './start-clocks.js';
import { startFollowing } from './start-following.js';
import { startPartReports } from './start-part-reports.js';
import { startProjectors } from './start-projectors.js';
import { startWorker } from './start-worker.js';
import { startWaitingServer, type WaitingServer } from './waiting-server.js';

/**
 * Starts the parts of the given roles in the order of their dependencies; if one can't be started, the others are
 * stopped again. It waits for configured servers that don't answer; a process that will serve pages answers 503
 * meanwhile. Errors have sentences for the operator as messages, or are the signal's reason.
 */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const { config, logger, roles } = options;
  if (roles.length < ROLES.length) requireServers(config);
  if (roles.includes('web')) checkOidcConfig(config);
  const { features = productFeatures } = options;
  assertLimits(config, features.operations);
  // Files that the configuration names are read before any server is waited for, so that a mistake ends the process at once.
  const catalogue = await catalogueOf(config, features.operations);
  await natsSettingsOf(config);
  const parts = options.parts ?? new Parts(logger);
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal ? [options.signal] : [])]);
  let waiting: WaitingServer | undefined;
  const waits = createServerWaits({
    signal,
    logger,
    async onWaiting(sentence) {
      if (!roles.includes('web') || config.OPSLEDGER_PORT === 0) return;
      waiting ??= await startWaitingServer({
        host: config.OPSLEDGER_HOST,
        port: config.OPSLEDGER_PORT,
        site: publicSiteOf(config),
      });
      waiting.say(sentence);
    },
  });
  try {
    return await startRoles({ ...options, features, catalogue, signal }, parts, waits);
  } catch (error) {
    failed.abort();
    await parts.stop();
    throw error;
  } finally {
    await waiting?.close();
  }
}

/** Processes with a single role share their servers, so they can't start embedded ones. */
function requireServers(config: Config): void {
  for (const name of ['DATABASE_URL', 'EVENTSTORE_URL', 'NATS_URL'] as const)
    if (!config[name])
      throw new ConfigError(
        `${name} is missing: web, worker and projector as separate processes share real servers. ` +
          'Set it, or run everything in one process with “opsledger start”.',
      );
}

async function startRoles(
  options: ProgramOptions & {
    readonly features: Features;
    readonly catalogue: OperationCatalogue;
    readonly signal: AbortSignal;
  },
  parts: Parts,
  waits: ServerWaits,
): Promise<Program> {
  const { config, logger, roles, signal, features, catalogue } = options;
  const { operations } = features;
  const clock = options.clock ?? systemClock;
  const chance = options.chance ?? systemChance;
  const infrastructure = await startInfrastructure({
    config,
    parts,
    waits,
    signal,
    clock,
    chance,
    logger,
    events: features.events,
    ...(options.onFatal ? { onFatal: options.onFatal } : {}),
  });
  const { ledger, masterKey, primary } = infrastructure;
  const credentials = createGraphCredentialStore({ db: primary, masterKey });
  const directory = await parts.add(
    'tenant directory',
    () => startFollowing(new TenantDirectory({ ledger, clock, chance, logger }), signal),
    (following) => following.stop(),
  );
  const artifacts = createArtifactStore({ db: primary, masterKey: infrastructure.masterKey });
  const publishTimeoutMs = config.OPSLEDGER_PUBLISH_TIMEOUT_MS;
  const bus = withProducerOffers(infrastructure.bus, catalogue);
  const starts: StartDependencies = {
    ledger,
    bus,
    operations: catalogue,
    artifacts,
    clock,
    logger,
    publishTimeoutMs,
    // Commands on the in-process bus reach only this process's worker.
    startedRuns: roles.includes('worker') && !config.NATS_URL ? createStartedRuns() : undefined,
  };
  const metrics = config.OPSLEDGER_METRICS_PORT === undefined ? undefined : createMetrics();
  const clocks = createClockDifferences({ db: primary, log: ledger.log, clock, logger });
  const context = {
    ...options,
    parts,
    waits,
    infrastructure,
    directory,
    credentials,
    starts,
    clock,
    chance,
    metrics,
    clocks,
    processName: config.OPSLEDGER_WORKER_NAME ?? `${os.hostname()}-${process.pid}`,
    partReports: [],
  };

  await startClocks(context);
  if (roles.includes('projector')) await startProjectors(context);
  if (roles.includes('worker')) await startWorker(context, operations);
  const serve = roles.includes('web') ? await prepareWeb(context) : notServing;
  await startPartReports(context);
  if (metrics) await serveMetrics(context, metrics);
  return { infrastructure, directory, credentials, starts, serve, stop: () => parts.stop() };
}

/** The types of workers, and those that the configuration declares for outside producers. */
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

const notServing = () => Promise.reject(new TypeError('this process serves no pages'));
