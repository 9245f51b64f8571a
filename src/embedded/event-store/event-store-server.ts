import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { type Clock, systemClock } from '../../clock.js';
import { DEFAULT_LIMITS, type EventStoreLimits } from './limits.js';
import { type EventStoreLogger, silentLogger } from './logger.js';
import { createAuthorisation, type UserCredentials } from './service/authorisation.js';
import { startListener, type TlsMaterial } from './service/listener.js';
import { createRouter } from './service/router.js';
import type { ServiceCounters } from './service/service-context.js';
import { lockFolder } from './storage/folder-lock.js';
import type { WriteThrough } from './storage/log-writer.js';
import { EventStore } from './store/event-store.js';
import { startMaintenance } from './store/maintenance.js';

export interface StartEventStoreOptions {
  /** Created when it doesn't exist. */
  readonly dataDir: string;
  /** Default 127.0.0.1. Any other address needs credentials and TLS. */
  readonly host?: string;
  /** Default 0: a free port. */
  readonly port?: number;
  readonly credentials?: UserCredentials;
  readonly tls?: TlsMaterial;
  readonly logger?: EventStoreLogger;
  readonly limits?: Partial<EventStoreLimits>;
  readonly clock?: Clock;
  /** Writes the log to disk; set by tests of failing disks. */
  readonly write?: WriteThrough;
}

export interface EventStoreStatistics {
  /** Events in the index. Truncated events count until their index entries are removed. */
  readonly events: number;
  /** Streams that were ever begun. */
  readonly streams: number;
  /** Bytes of log files. */
  readonly bytes: number;
  readonly subscriptions: number;
  /** Appends acknowledged since the start. */
  readonly appends: number;
  /** Measured since the last call for statistics, over at least 1 s. */
  readonly appendsPerSecond: number;
  /** The damage that a background check found, if any. */
  readonly damage: string | undefined;
}

export interface RunningEventStore {
  /** An address for EventStoreDB's client. */
  readonly url: string;
  readonly port: number;
  statistics(): Promise<EventStoreStatistics>;
  /** Refuses new calls, writes the accepted appends to disk, answers them and closes. May be called again. */
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 500;
const RATE_WINDOW_MS = 1_000;
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** The store can't be started with these options; the message says what to change. */
export class EventStoreConfigurationError extends Error {
  override readonly name = 'EventStoreConfigurationError';
}

/**
 * Starts the event store of a folder in this process. Errors: EventStoreConfigurationError, FolderInUseError,
 * DamagedLogError, and those of listening.
 */
export async function startEventStore(options: StartEventStoreOptions): Promise<RunningEventStore> {
  const { dataDir, host = '127.0.0.1', port = 0, credentials, tls, logger = silentLogger } = options;
  const clock = options.clock ?? systemClock;
  checkExposure(host, credentials, tls);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  mkdirSync(dataDir, { recursive: true });
  const lock = lockFolder(dataDir);
  let store: EventStore;
  try {
    store = EventStore.open({ dataDir, limits, logger, clock, write: options.write });
  } catch (error) {
    lock.release();
    throw error;
  }
  const counters: ServiceCounters = { subscriptions: 0, unfinishedBytes: 0, appends: 0 };
  const maintenance = startMaintenance(store, { limits, logger, clock });
  let serving = true;
  let bound = { host, port };
  const router = createRouter({
    context: { store, limits, clock, logger, counters },
    instanceId: randomUUID(),
    address: () => bound,
    authorise: createAuthorisation(credentials),
    serving: () => serving,
  });
  const shutDown = async () => {
    await maintenance.stop();
    await store.close();
    lock.release();
  };
  const listener = await startListener({ host, port, tls, limits, router, serving: () => serving }).catch(
    async (error: unknown) => {
      await shutDown();
      throw error;
    },
  );
  bound = { host, port: listener.port };
  const rate = createRate(clock, counters);
  let stopping: Promise<void> | undefined;
  return {
    port: listener.port,
    url: urlOf(host, listener.port, tls !== undefined),
    statistics: async () => ({
      events: store.index.events,
      streams: store.index.streams,
      bytes: store.log.segments.reduce((sum, { fileBytes }) => sum + fileBytes, 0),
      subscriptions: counters.subscriptions,
      appends: counters.appends,
      appendsPerSecond: rate(),
      damage: maintenance.damage(),
    }),
    stop() {
      stopping ??= (async () => {
        serving = false;
        // Accepted appends are answered before their connections end.
        await store.flushed();
        await listener.close(STOP_GRACE_MS);
        await shutDown();
      })();
      return stopping;
    },
  };
}

function checkExposure(
  host: string,
  credentials: UserCredentials | undefined,
  tls: TlsMaterial | undefined,
): void {
  if (LOOPBACK.has(host)) return;
  if (!credentials || !tls) {
    throw new EventStoreConfigurationError(
      `listening on ${host} needs a user, a password and a TLS certificate: without them anybody who reaches the port could read and write everything`,
    );
  }
}

function urlOf(host: string, port: number, secure: boolean): string {
  const address = host.includes(':') ? `[${host}]` : host;
  return `esdb://${address}:${port}?tls=${secure}`;
}

function createRate(clock: Clock, counters: ServiceCounters): () => number {
  let since = clock.monotonicMs();
  let appends = counters.appends;
  let last = 0;
  return () => {
    const elapsed = clock.monotonicMs() - since;
    if (elapsed < RATE_WINDOW_MS) return last;
    last = Math.round(((counters.appends - appends) * 1000) / elapsed);
    since += elapsed;
    appends = counters.appends;
    return last;
  };
}
