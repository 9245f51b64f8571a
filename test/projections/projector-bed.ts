import { type Kysely, sql } from 'kysely';
import type { ProjectorStatus } from '../../projections/engine/progress.js';
import {
  createProjector,
  type Projector,
  type ProjectorOptions,
} from '../../projections/engine/projector.js';
import { hubProjection } from '../../projections/hub/hub-projection.js';
import { systemClock } from '../../src/clock.js';
import { createWriterPool } from '../../src/db/pools.js';
import { type EventLog, isLogTrouble, type RawEvent } from '../../src/ledger/event-log.js';
import { productEvents } from '../../src/program/product-events.js';
import { silent, testDatabase } from '../support/database.js';
import { createMemoryLog } from '../support/memory-log.js';
import { dumpSchema } from './read-models.js';

const STATE_MS_MAX = 120_000;

/** Short waits, so that faults end quickly. Their order by size is as in production. */
const WAITS = { standbyMs: 50, pausedMs: 100, retryFirstMs: 20, retryLongestMs: 200 };

type Database = Awaited<ReturnType<typeof testDatabase>>;

export interface ProjectorBed extends Database {
  readonly plain: Kysely<unknown>;
  /** Starts a projector of the hub and stops it at teardown. */
  start(log: EventLog, options?: Partial<ProjectorOptions>): Projector;
  /** The rows that a new build from this log makes. */
  freshDump(log: EventLog): Promise<Record<string, string[]>>;
  /** The present rows. */
  dump(): Promise<Record<string, string[]>>;
}

type Teardown = Parameters<typeof testDatabase>[0];

export async function projectorBed(t: Teardown): Promise<ProjectorBed> {
  const database = await testDatabase(t);
  const plain = createWriterPool<unknown>(database.url, { logger: silent });
  t.teardown(() => plain.destroy());
  const running: Projector[] = [];
  t.teardown(async () => {
    await Promise.all(running.map((projector) => projector.stop()));
  });
  function start(log: EventLog, options: Partial<ProjectorOptions> = {}): Projector {
    const projector = createProjector<unknown>({
      log,
      db: plain,
      databaseUrl: database.url,
      projection: hubProjection,
      decode: productEvents.decode,
      clock: systemClock,
      logger: silent,
      waits: WAITS,
      ...options,
    });
    running.push(projector);
    projector.start();
    return projector;
  }
  return {
    ...database,
    plain,
    start,
    dump: () => dumpSchema(plain, hubProjection.schema),
    async freshDump(log) {
      await sql`drop schema if exists ${sql.id(hubProjection.schema)} cascade`.execute(plain);
      const projector = start(log);
      await reach(projector, (status) => status.caughtUp && status.state === 'leading');
      await projector.stop();
      return dumpSchema(plain, hubProjection.schema);
    },
  };
}

/** Waits for a status. Throws with the present status when it doesn't come. */
export async function reach(
  projector: Projector,
  condition: (status: ProjectorStatus) => boolean,
): Promise<ProjectorStatus> {
  if (!(await projector.waitUntil(condition, { timeoutMs: STATE_MS_MAX })))
    throw new Error(`not reached: ${JSON.stringify(projector.status())}`);
  return projector.status();
}

/** A new log that begins with these events, in their order. */
export async function logOf(events: readonly RawEvent[]): Promise<ReturnType<typeof createMemoryLog>> {
  const log = createMemoryLog();
  await feed(log, events);
  return log;
}

const APPEND_TRIES_MAX = 20;
const APPEND_RETRY_MS = 100;

/** Appends events of another log. An append that was not written, or whose answer is lost, is repeated unchanged. */
export async function feed(log: EventLog, events: readonly RawEvent[]): Promise<void> {
  for (const { stream, revision, id, type, data, metadata } of events) {
    const stored = { id, type, data, metadata: metadata as Record<string, string> };
    for (let tries = 1; ; tries += 1) {
      try {
        await log.append(stream, [stored], revision - 1);
        break;
      } catch (error) {
        if (!isLogTrouble(error) || tries === APPEND_TRIES_MAX) throw error;
        await systemClock.sleep(APPEND_RETRY_MS);
      }
    }
  }
}
