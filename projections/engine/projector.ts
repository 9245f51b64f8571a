import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import { type Chance, type Clock, systemChance } from '../../src/clock.js';
import type { EventLog, RawEvent } from '../../src/ledger/event-log.js';
import type { RecordedEvent } from '../../src/ledger/event-registry.js';
import { sanitizeMessage } from '../../src/sanitize/index.js';
import { backoffMs, jitteredMs } from '../../src/timing/backoff.js';
import { type BuildProgress, buildSchema, dropReplaced, nextSchemaName } from './build-schema.js';
import { FencedError, readCheckpoint } from './checkpoint.js';
import { ForeignRowsError, kindOfFailure, PoisonEventError } from './failures.js';
import { followLog } from './follow-log.js';
import { BATCH_LIMITS, type BatchLimits } from './intake.js';
import { releaseLeaderLock, tryLeaderLock } from './leader-lock.js';
import { createProgress, type ProjectorStatus, type WaitOptions } from './progress.js';
import type { Projection } from './projection.js';
import { writeStatus } from './projector-status-table.js';
import { enterSchema, schemaExists } from './schema.js';
import { dropOldVersions, otherVersions } from './versions.js';

export interface ProjectorOptions<DB = unknown> {
  readonly log: EventLog;
  /** The writer pool; one of its connections is held while the projector runs. */
  readonly db: Kysely<DB>;
  readonly projection: Projection;
  readonly clock: Clock;
  readonly chance?: Chance;
  readonly logger: Logger;
  /** For the connection that copies rows while a schema is built. */
  readonly databaseUrl: string;
  readonly limits?: BatchLimits;
  readonly waits?: Partial<ProjectorWaits>;
  /** Reads an event as the program's registry knows it. */
  readonly decode: (event: RawEvent) => RecordedEvent;
  /** Called once when the rows don't belong to the log and the projector has given up. */
  readonly onRefused?: (error: Error) => void;
}

export interface ProjectorWaits {
  /** Between two tries of a standby to take the lock. */
  readonly standbyMs: number;
  /** Before an event that can't be applied is tried again. */
  readonly pausedMs: number;
  readonly retryFirstMs: number;
  readonly retryLongestMs: number;
}

const WAITS: ProjectorWaits = {
  standbyMs: 1_000,
  pausedMs: 15_000,
  retryFirstMs: 100,
  retryLongestMs: 10_000,
};

export interface Projector {
  /** Starts in the background; a second call does nothing. Failures are in `status`. */
  start(): void;
  /** Finishes the current batch and stops; may be called again. */
  stop(): Promise<void>;
  /** The log position up to which everything is in the rows; -1 before the first. */
  position(): number;
  /** Resolves true once the rows contain `position`, false after `timeoutMs` or when the signal aborts. */
  waitFor(position: number, options: WaitOptions): Promise<boolean>;
  /** Resolves true once the status meets the condition, false after `timeoutMs` or when the signal aborts. */
  waitUntil(condition: (status: ProjectorStatus) => boolean, options: WaitOptions): Promise<boolean>;
  status(): ProjectorStatus;
}

/**
 * Keeps a projection's rows equal to a fold of the log until it is stopped.
 *
 * - Any number of projectors of a projection may run. One holds the lock and writes; the others stand by.
 * - Before the schema of this program's version exists, the projector builds it beside the schemas of other versions.
 * - While the database or the log is away, it retries with growing delays.
 * - At an event that can't be applied it pauses and tries again later. A projection with `setsAside` goes on without
 *   that event's stream.
 * - It gives up only when the rows belong to another log; `status` then is `refused`.
 *
 * Rows lag behind the log, so a page that must show an event waits for the event's position:
 *
 *     projector.start();
 *     const isShown = await projector.waitFor(appended.position, { timeoutMs: 5_000 });
 */
export function createProjector<DB>(options: ProjectorOptions<DB>): Projector {
  const { projection, clock, logger } = options;
  // The models name the tables, so this pool needs no table types.
  const db = options.db as Kysely<unknown>;
  const chance = options.chance ?? systemChance;
  const waits = { ...WAITS, ...options.waits };
  const { schema } = projection;
  const progress = createProgress(clock);
  const limits = options.limits ?? BATCH_LIMITS;
  let stopping = new AbortController();
  let running: Promise<void> | undefined;

  async function run(signal: AbortSignal): Promise<void> {
    progress.enter('starting');
    for (let failures = 0; !signal.aborted; ) {
      const advancesBefore = progress.advances();
      try {
        await db.connection().execute((connection) => leadOrStandBy(connection, signal));
      } catch (error) {
        if (signal.aborted) break;
        failures = progress.advances() > advancesBefore ? 0 : failures + 1;
        const waitMs = await waitAfter(error, failures);
        if (waitMs === undefined) return;
        await clock.sleep(waitMs, signal);
      }
    }
    progress.enter('stopped');
  }

  /** Stands by until the lock is free, then writes until the signal aborts or an error is thrown. */
  async function leadOrStandBy(connection: Kysely<unknown>, signal: AbortSignal): Promise<void> {
    while (!(await tryLeaderLock(connection, schema))) {
      if (signal.aborted) return;
      progress.enter('standby');
      await readLeaderStatus(connection);
      await clock.sleep(waits.standbyMs, signal);
    }
    try {
      progress.enter('leading');
      while (!signal.aborted) await lead(connection, signal);
    } finally {
      progress.behind();
      await releaseLeaderLock(connection, schema, logger);
    }
  }

  async function lead(connection: Kysely<unknown>, signal: AbortSignal): Promise<void> {
    if (!(await schemaExists(connection, schema))) return build(connection, signal);
    await dropReplaced(connection, schema, clock);
    await dropOldVersions(connection, projection, { clock, logger });
    const setAsideMs = jitteredMs(waits.pausedMs, chance);
    const followOptions = { ...options, schema, limits, progress, chance, announce: true, setAsideMs };
    await followLog(connection, followOptions, signal);
  }

  /** Builds the rows from the log and makes them the live ones. */
  async function build(connection: Kysely<unknown>, signal: AbortSignal): Promise<void> {
    const next = nextSchemaName(schema);
    if (!(await tryLeaderLock(connection, next))) {
      // Another process builds the next schema, such as a rebuild from the command line.
      await clock.sleep(waits.standbyMs, signal);
      return;
    }
    try {
      progress.enter('building');
      const onProgress = (building: BuildProgress) => progress.enter('building', { building });
      const switchAtPoison =
        projection.setsAside !== undefined || (await otherVersions(connection, projection)).length === 0;
      const { limits: _, ...parts } = options;
      await buildSchema(connection, { ...parts, db, chance, switchAtPoison, onProgress }, signal);
      progress.enter('leading');
    } finally {
      await releaseLeaderLock(connection, next, logger);
    }
  }

  async function readLeaderStatus(connection: Kysely<unknown>): Promise<void> {
    if (!(await schemaExists(connection, schema))) return;
    const { rows } = await sql<{ position: number; caught_up: boolean | null; lag_ms: number | null }>`
      select c.position, s.caught_up, s.lag_ms from ${sql.id(schema, 'checkpoint')} c
      left join ${sql.id(schema, 'projector_status')} s using (projection)`.execute(connection);
    const leader = rows[0];
    if (leader) progress.leaderReported(leader.position, leader.caught_up ?? false, leader.lag_ms ?? 0);
  }

  /** How long to wait after a failure, or undefined to give up. It updates the status first. */
  async function waitAfter(error: unknown, failures: number): Promise<number | undefined> {
    // Stored, and shown at the foot of every page.
    const reason = sanitizeMessage(error);
    if (error instanceof ForeignRowsError) {
      progress.enter('refused', { trouble: reason });
      logger.error({ schema }, reason);
      options.onRefused?.(error);
      return undefined;
    }
    if (error instanceof FencedError) {
      progress.enter('starting');
      logger.info({ schema }, reason);
      return retryMs(failures);
    }
    if (error instanceof PoisonEventError || kindOfFailure(error) === 'deterministic') {
      const event = error instanceof PoisonEventError ? nameOf(error.event) : null;
      logger.error({ schema, event, err: error }, 'the projection is paused');
      // Stored before the status changes, because waiters that the status notifies may read it.
      await writePause(reason, event);
      progress.enter('paused', { paused: { reason, event } });
      return jitteredMs(waits.pausedMs, chance);
    }
    progress.enter('retrying', { trouble: reason });
    const waitMs = retryMs(failures);
    logger.warn({ schema, err: error, retryInMs: waitMs }, 'the projection waits for its parts');
    return waitMs;
  }

  const retryMs = (failures: number): number =>
    backoffMs({ firstMs: waits.retryFirstMs, longestMs: waits.retryLongestMs }, failures, chance);

  /** Writes the pause to the database, where pages and the next projector read it. */
  async function writePause(reason: string, event: string | null): Promise<void> {
    try {
      const written = (await schemaExists(db, schema)) ? schema : nextSchemaName(schema);
      const { position } = await readCheckpoint(db, written, projection.name);
      await db.transaction().execute(async (tx) => {
        await enterSchema(tx, written);
        const lag_ms = Math.round((progress.status().lagSeconds ?? 0) * 1000);
        await writeStatus(tx, {
          projection: projection.name,
          position,
          caught_up: false,
          lag_ms,
          paused_reason: reason,
          paused_event: event,
        });
      });
    } catch (error) {
      logger.warn({ schema, err: error }, 'the pause could not be stored');
    }
  }

  return {
    start() {
      if (running) return;
      stopping = new AbortController();
      running = run(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await running;
      running = undefined;
    },
    position: () => progress.status().position,
    waitFor: (position, options) => progress.waitUntil((status) => status.position >= position, options),
    waitUntil: progress.waitUntil,
    status: progress.status,
  };
}

const nameOf = (event: RawEvent): string => `${event.stream}@${event.revision}`;
