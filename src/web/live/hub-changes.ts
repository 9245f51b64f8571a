import pg from 'pg';
import type { Logger } from 'pino';
import { z } from 'zod';
import { CHANGES_CHANNEL } from '../../../projections/engine/changes.js';
import type { Chance, Clock } from '../../clock.js';
import { backoffMs } from '../../timing/backoff.js';
import type { ChangedRuns } from './changed-runs.js';

const payloadSchema = z.object({
  position: z.number(),
  tenants: z.union([
    z.literal('all'),
    z.record(z.string(), z.union([z.literal('all'), z.array(z.string())])),
  ]),
});
const RECONNECT = { firstMs: 200, longestMs: 10_000 };
const CONNECT_WITHIN_MS = 5_000;
/** How often the connection is tried, and how long its answer may take. */
const PING = { everyMs: 30_000, timeoutMs: 10_000 };

/** Called with the runs of the tenant that have changed. */
export type ChangeListener = (runs: ChangedRuns) => void;

/**
 * Tells listeners that the read models have changed. After notifications may have been lost, it tells every listener.
 */
export interface HubChanges {
  /** Resolves after the first try to listen, even when it failed; it then goes on trying. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /**
   * Calls the listener when rows of the tenant change, or when it isn't known which rows changed. Returns a function
   * that ends this.
   */
  subscribe(tenantId: string, listener: ChangeListener): () => void;
  /** Calls the listener whenever the position of the read models moves. */
  onMove(listener: () => void): () => void;
  /** A number that is different after every change of the tenant's rows of which this process was notified. */
  version(tenantId: string): number;
  /** Whether the connection exists at present. */
  connected(): boolean;
}

export interface HubChangesOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: Logger;
  /** Shorter times in tests. */
  readonly ping?: typeof PING;
}

/**
 * Listens on a connection of its own. It sends a query from time to time, because a server that is frozen or cut off
 * doesn't end the connection. After a lost connection it connects again for ever, with growing waits, and then tells
 * every listener, because notifications were lost meanwhile.
 */
export function createHubChanges(options: HubChangesOptions): HubChanges {
  const { clock, chance, logger, ping = PING } = options;
  const byTenant = new Map<string, Set<ChangeListener>>();
  const onMoves = new Set<() => void>();
  /** Versions of the tenants that have listeners. */
  const versions = new Map<string, number>();
  let lastVersion = 0;
  let versionOfAll = 0;
  let stopping: AbortController | undefined;
  let loop: Promise<void> = Promise.resolve();
  let isConnected = false;

  const notifyAll = () => {
    versionOfAll = ++lastVersion;
    for (const listeners of byTenant.values()) for (const listener of listeners) listener('all');
    for (const listener of onMoves) listener();
  };

  const notify = (payload: string | undefined) => {
    const tenants = changedTenants(payload);
    if (tenants === 'all') return notifyAll();
    for (const [tenant, runs] of tenants) {
      const listeners = byTenant.get(tenant);
      if (!listeners) continue;
      versions.set(tenant, ++lastVersion);
      for (const listener of listeners) listener(runs);
    }
    for (const listener of onMoves) listener();
  };

  /** Listens on one connection until it ends. Calls `started` once it listens. */
  async function listen(signal: AbortSignal, started: () => void): Promise<void> {
    const client = new pg.Client({
      connectionString: options.url,
      application_name: 'opsledger live',
      connectionTimeoutMillis: CONNECT_WITHIN_MS,
      query_timeout: ping.timeoutMs,
    });
    const over = new AbortController();
    const ended = new Promise<void>((resolve) => {
      client.on('error', (error) => {
        logger.warn({ err: error }, 'the connection that listens for changes was lost');
        resolve();
      });
      client.on('end', () => resolve());
      // Ends with this connection, because the signal outlives it.
      signal.addEventListener('abort', () => resolve(), { once: true, signal: over.signal });
    });
    client.on('notification', (message) => notify(message.payload));
    try {
      await client.connect();
      await client.query(`listen ${CHANGES_CHANNEL}`);
      isConnected = true;
      started();
      notifyAll();
      await Promise.race([ended, pingUntil(over.signal, client)]);
    } finally {
      isConnected = false;
      over.abort();
      // After a query without an answer, this closes the socket and waits for nothing.
      await client.end().catch(() => undefined);
    }
  }

  /** Queries the server again and again until the signal aborts. Errors: a query got no answer in time. */
  async function pingUntil(signal: AbortSignal, client: pg.Client): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(ping.everyMs, signal);
      if (!signal.aborted) await client.query('select 1');
    }
  }

  async function run(signal: AbortSignal, firstTry: () => void): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        await listen(signal, () => {
          failures = 0;
          firstTry();
        });
      } catch (error) {
        logger.warn({ err: error }, 'cannot listen for changes of the read models; trying again');
      }
      firstTry();
      if (signal.aborted) return;
      await clock.sleep(backoffMs(RECONNECT, failures, chance), signal);
      failures += 1;
    }
  }

  return {
    async start() {
      if (stopping) return;
      stopping = new AbortController();
      const { signal } = stopping;
      await new Promise<void>((resolve) => {
        loop = run(signal, resolve);
      });
    },
    async stop() {
      stopping?.abort();
      stopping = undefined;
      await loop;
    },
    subscribe(tenantId, listener) {
      const listeners = byTenant.get(tenantId) ?? new Set();
      // Changes before the first listener were not counted, so it begins with a new version.
      if (listeners.size === 0) versions.set(tenantId, ++lastVersion);
      byTenant.set(tenantId, listeners.add(listener));
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0 || byTenant.get(tenantId) !== listeners) return;
        byTenant.delete(tenantId);
        versions.delete(tenantId);
      };
    },
    onMove(listener) {
      onMoves.add(listener);
      return () => onMoves.delete(listener);
    },
    version: (tenantId) => Math.max(versionOfAll, versions.get(tenantId) ?? 0),
    connected: () => isConnected,
  };
}

/** The tenants in a notification with their changed runs, or `all` when it names none or can't be read. */
export function changedTenants(payload: string | undefined): ReadonlyMap<string, ChangedRuns> | 'all' {
  let json: unknown;
  try {
    json = JSON.parse(payload ?? '');
  } catch {
    return 'all';
  }
  const { success, data } = payloadSchema.safeParse(json);
  if (!success || data.tenants === 'all') return 'all';
  return new Map(
    Object.entries(data.tenants).map(([tenant, runs]) => [tenant, runs === 'all' ? 'all' : new Set(runs)]),
  );
}
