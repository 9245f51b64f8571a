import path from 'node:path';
import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import type { CommandBus } from '../bus/command-bus.js';
import { createInProcessBus } from '../bus/in-process/in-process-bus.js';
import { createNatsBus } from '../bus/nats/nats-bus.js';
import type { Chance, Clock } from '../clock.js';
import { type Config, ConfigError } from '../config.js';
import { loadOrCreateMasterKey, type MasterKey, parseMasterKey } from '../db/master-key.js';
import { migrateToLatest } from '../db/migrate.js';
import { assertSettingsKept, createWriterPool } from '../db/pools.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import { createRecentTroubles, type RecentTroubles } from '../db/recent-troubles.js';
import { assertSameDatabase } from '../db/same-database.js';
import { assertMasterKey } from '../db/tenant-keyring.js';
import { type EventStoreStatistics, spawnEventStore } from '../embedded/event-store/index.js';
import { startEmbeddedPostgres } from '../embedded/postgres/start-embedded-postgres.js';
import type { EventRegistry } from '../ledger/event-registry.js';
import { createEventStoreLog } from '../ledger/event-store-log.js';
import { createLedger, type Ledger } from '../ledger/ledger.js';
import { errorMessage } from '../wording/error-message.js';
import { historyMemory } from './history-memory.js';
import { identifyLedger } from './ledger-identity.js';
import { natsSettingsOf } from './nats-settings.js';
import type { Parts } from './parts.js';
import { type AwaitedServer, NO_WAITS, type ServerWaits, unlessAborted } from './server-waits.js';

/** A little longer than each embedded server may take to shut down before it is killed. */
const POSTGRES_STOP_WITHIN_MS = 35_000;
const EVENT_STORE_STOP_WITHIN_MS = 15_000;

/** The servers and stores that every role of the program uses. */
export interface Infrastructure {
  readonly databaseUrl: string;
  /** Address for sessions that keep locks, notifications and settings; the same as `databaseUrl` without a pooler. */
  readonly sessionUrl: string;
  /** Whether `databaseUrl` and `hubDatabaseUrl` lead to a pooler in transaction mode. */
  readonly behindPooler: boolean;
  readonly hubDatabaseUrl: string;
  readonly eventStoreUrl: string;
  /** Statistics of the embedded event store, if this process started it. */
  readonly eventStoreStatistics: (() => Promise<EventStoreStatistics>) | undefined;
  readonly primary: Kysely<PrimaryTables>;
  /** The trouble that statements of this process's pools have. */
  readonly troubles: RecentTroubles;
  readonly ledger: Ledger;
  readonly ledgerId: string;
  readonly bus: CommandBus;
  readonly masterKey: MasterKey;
}

export interface InfrastructureDependencies {
  /** The event types of the ledger. */
  readonly events: EventRegistry;
  readonly config: Config;
  readonly parts: Parts;
  /** Waits for configured servers that don't answer; without it their absence is an error. */
  readonly waits?: ServerWaits;
  /** The key that tenants' keys are wrapped under; by default the configured one, or that of the data folder. */
  readonly masterKey?: MasterKey;
  /** Aborts the start of an embedded server. */
  readonly signal?: AbortSignal;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: Logger;
  /** Called when the event store no longer has the history that this process has read. */
  readonly onFatal?: (error: Error) => void;
  /** Takes the log as it is, whatever the database remembers of it, and changes nothing of what it remembers. */
  readonly acceptHistory?: boolean;
}

/**
 * Connects to the configured servers, waits for those that don't answer, and starts embedded servers in the data
 * folder in place of those that aren't configured. It migrates the schema and checks the ledger's identity before
 * anything else uses them.
 */
export async function startInfrastructure(deps: InfrastructureDependencies): Promise<Infrastructure> {
  const { chance, clock, config, logger, parts, waits = NO_WAITS, signal } = deps;
  const servers = Promise.all([startDatabase(deps), startStore(deps)]);
  const [{ databaseUrl, sessionUrl, hubDatabaseUrl }, eventStore] = await (signal
    ? unlessAborted(signal, servers)
    : servers);
  const behindPooler = config.DATABASE_SESSION_URL !== undefined;
  const troubles = createRecentTroubles(clock);
  const primary = await parts.add(
    'database pool',
    () => createWriterPool<PrimaryTables>(databaseUrl, { logger, behindPooler, troubles }),
    (pool) => pool.destroy(),
  );
  const masterKey = deps.masterKey ?? (await masterKeyOf(config));
  // Absent servers are waited for one after the other, so that each is told by its own variable.
  await waits.until(postgresOf(config), () => sql`select 1`.execute(primary));
  await waits.until(sessionServerOf(config), () => migrateOverSession({ sessionUrl, primary, logger }));
  const memory = await waits.until(postgresOf(config), async () => {
    await assertSettingsKept(primary);
    await assertMasterKey(primary, masterKey);
    return deps.acceptHistory ? undefined : historyMemory(primary, logger);
  });
  const log = await parts.add(
    'event store client',
    () =>
      createEventStoreLog({
        url: eventStore.url,
        clock,
        ...(memory ? { memory } : {}),
        ...(deps.onFatal ? { onHistoryChanged: deps.onFatal } : {}),
      }),
    (client) => client.close(),
  );
  const ledger = createLedger({ log, events: deps.events, clock, chance });
  const store = {
    name: 'the event store',
    variable: 'EVENTSTORE_URL',
    external: config.EVENTSTORE_URL !== undefined,
  };
  const ledgerId = await waits.until(store, () => identifyLedger(ledger, primary, chance));
  const nats = await natsSettingsOf(config);
  const bus = await parts.add(
    'command bus',
    () =>
      nats
        ? createNatsBus({
            ...nats,
            ackWaitMs: config.OPSLEDGER_ACK_WAIT_MS,
            clock,
            logger,
          })
        : createInProcessBus({ clock, logger }),
    (running) => running.close(),
  );
  const { url: eventStoreUrl, statistics: eventStoreStatistics } = eventStore;
  return {
    databaseUrl,
    sessionUrl,
    behindPooler,
    hubDatabaseUrl,
    eventStoreUrl,
    eventStoreStatistics,
    primary,
    troubles,
    ledger,
    ledgerId,
    bus,
    masterKey,
  };
}

/** The program's database, for waiting until it answers. */
const postgresOf = (config: Config): AwaitedServer => ({
  name: 'PostgreSQL',
  variable: 'DATABASE_URL',
  external: config.DATABASE_URL !== undefined,
});

/** The database server for sessions, for waiting until it answers. */
const sessionServerOf = (config: Config): AwaitedServer =>
  config.DATABASE_SESSION_URL
    ? { name: 'PostgreSQL', variable: 'DATABASE_SESSION_URL', external: true }
    : postgresOf(config);

/** The database server of the hub, for waiting until it answers. */
export const hubPostgresOf = (config: Config): AwaitedServer =>
  config.HUB_DATABASE_URL
    ? { name: 'PostgreSQL', variable: 'HUB_DATABASE_URL', external: true }
    : postgresOf(config);

/** Migrations exclude each other by a lock of their session, so they need an address without a pooler. */
async function migrateOverSession({
  sessionUrl,
  primary,
  logger,
}: {
  readonly sessionUrl: string;
  readonly primary: Kysely<PrimaryTables>;
  readonly logger: Logger;
}): Promise<void> {
  const db = createWriterPool<PrimaryTables>(sessionUrl, { logger, connectionsMax: 1 });
  try {
    await assertSettingsKept(db);
    await assertSameDatabase(primary, db, 'DATABASE_SESSION_URL');
    await migrateToLatest(db);
  } finally {
    await db.destroy();
  }
}

interface DatabaseUrls {
  readonly databaseUrl: string;
  readonly sessionUrl: string;
  /** The hub's login, which may only read; by default the program's login, which switches to the hub's role. */
  readonly hubDatabaseUrl: string;
}

async function startDatabase({
  config,
  logger,
  parts,
  signal,
}: InfrastructureDependencies): Promise<DatabaseUrls> {
  const configured = config.DATABASE_URL;
  if (configured)
    return {
      databaseUrl: configured,
      sessionUrl: config.DATABASE_SESSION_URL ?? configured,
      hubDatabaseUrl: config.HUB_DATABASE_URL ?? configured,
    };
  const server = await parts.add(
    'embedded PostgreSQL',
    () =>
      startEmbeddedPostgres({
        dataDir: path.join(config.OPSLEDGER_DATA, 'postgres'),
        logger,
        ...(signal ? { signal } : {}),
      }),
    (running) => running.stop(),
    { stopWithinMs: POSTGRES_STOP_WITHIN_MS },
  );
  return { databaseUrl: server.url, sessionUrl: server.url, hubDatabaseUrl: server.hubUrl };
}

interface EventStore {
  readonly url: string;
  readonly statistics: Infrastructure['eventStoreStatistics'];
}

async function startStore({ config, logger, parts }: InfrastructureDependencies): Promise<EventStore> {
  if (config.EVENTSTORE_URL) return { url: config.EVENTSTORE_URL, statistics: undefined };
  const server = await parts.add(
    'embedded event store',
    () => spawnEventStore({ dataDir: path.join(config.OPSLEDGER_DATA, 'event-store'), logger }),
    (running) => running.stop(),
    { stopWithinMs: EVENT_STORE_STOP_WITHIN_MS },
  );
  return { url: server.url, statistics: () => server.statistics() };
}

/** Where an embedded installation keeps its master key. */
export const masterKeyFileOf = (dataDir: string): string => path.join(dataDir, 'master.key');

/**
 * With a configured database the key must be configured too, because other processes can't read a file beside this
 * one.
 */
export async function masterKeyOf(config: Config): Promise<MasterKey> {
  if (config.OPSLEDGER_MASTER_KEY) {
    try {
      return parseMasterKey(config.OPSLEDGER_MASTER_KEY);
    } catch (error) {
      throw new ConfigError(`OPSLEDGER_MASTER_KEY is not usable: ${errorMessage(error)}`);
    }
  }
  if (config.DATABASE_URL)
    throw new ConfigError(
      'OPSLEDGER_MASTER_KEY is missing: with DATABASE_URL set, every process needs the same key. ' +
        'Make one with: openssl rand -hex 32',
    );
  return loadOrCreateMasterKey(masterKeyFileOf(config.OPSLEDGER_DATA));
}
