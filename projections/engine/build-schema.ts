import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import type { Chance, Clock } from '../../src/clock.js';
import type { EventLog, RawEvent } from '../../src/ledger/event-log.js';
import type { RecordedEvent } from '../../src/ledger/event-registry.js';
import { CHANGES_CHANNEL } from './changes.js';
import { type CheckpointRow, readCheckpoint } from './checkpoint.js';
import { kindOfFailure, PoisonEventError } from './failures.js';
import { changingTables, fillSchema } from './fill-schema.js';
import { followLog } from './follow-log.js';
import type { BatchLimits } from './intake.js';
import { createProgress, type Progress } from './progress.js';
import type { Projection } from './projection.js';
import { writeStatus } from './projector-status-table.js';
import { ensureSchema, enterSchema, finishSchema, lockCreation, schemaExists } from './schema.js';

export interface BuildOptions {
  readonly log: EventLog;
  /** The writer pool; two of its connections are used. */
  readonly db: Kysely<unknown>;
  /** For the connection that copies rows. */
  readonly databaseUrl: string;
  readonly projection: Projection;
  readonly decode: (event: RawEvent) => RecordedEvent;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: Logger;
  /**
   * What to do at an event that can't be applied. True: switch to the rows up to that event, where the projector then
   * pauses. False: throw a PoisonEventError and keep the live rows.
   */
  readonly switchAtPoison: boolean;
  /** Called about once a second with the progress of the build. */
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly limits?: Partial<BuildLimits>;
}

export interface BuildProgress {
  /** The log position up to which everything is in the new rows, -1 before the first. */
  readonly position: number;
  /** Where the log ended when the build began. */
  readonly head: number;
}

export interface BuildLimits {
  /** Limits while the rows are filled from the beginning of the log. */
  readonly fill: BatchLimits;
  /** Limits while the rows follow the log until the switch. */
  readonly follow: BatchLimits;
}

/** Larger than the batches of live writing: a build may take longer, and fewer statements cost less. */
const BUILD_LIMITS: BuildLimits = {
  fill: { batchEventsMax: 1_000, batchBytesMax: 8 * 1024 * 1024 },
  follow: { batchEventsMax: 2_000, batchBytesMax: 8 * 1024 * 1024 },
};
/** How long live writing may wait while the next schema applies the last events. */
const SWITCH_WITHIN_MS = 5_000;
const SWITCH_TRIES_MAX = 10;
const DROP_TRIES_MAX = 10;
const DROP_RETRY_MS = 500;
/** Longest wait for the new rows to reach the log's end; after it the switch is tried anyway. */
const BUILD_WITHIN_MS = 7 * 24 * 3_600_000;
const STATUS_EVERY_MS = 1_000;

/** The switch did not happen; the live rows are unchanged. */
export class RebuildError extends Error {
  override readonly name = 'RebuildError';
}

/** The name of the schema that new rows are built in before they replace the live ones. */
export const nextSchemaName = (live: string): string => `${live}_next`;
/** The name that the old live schema has between the switch and its removal. */
const replacedName = (live: string): string => `${live}_replaced`;

/**
 * Builds a projection's rows from the whole log in a second schema, the next one, and puts it in the live one's place
 * in one transaction, so that pages always find rows. After a crash it continues with the step that was interrupted:
 * a schema that was not filled is dropped and filled again; a filled one gets its missing keys and indexes, follows
 * the log and becomes the live one; the replaced schema is dropped. The caller holds the lock of the next schema.
 * Errors: RebuildError when the switch does not happen or the signal aborts, PoisonEventError, those of the log and
 * the database.
 */
export async function buildSchema(
  connection: Kysely<unknown>,
  options: BuildOptions,
  signal: AbortSignal,
): Promise<{ readonly position: number; readonly events: number }> {
  const { projection, clock, logger } = options;
  const schemas = { live: projection.schema, next: nextSchemaName(projection.schema) };
  try {
    await dropReplaced(connection, schemas.live, clock);
    if (!(await isFilled(connection, projection, schemas.next))) {
      await dropSchema(connection, schemas.next, clock);
      await fillNext(connection, options, schemas.next, signal);
    }
    await finishSchema(connection, projection, schemas.next, changingTables(projection));
    const result = await followAndSwitch(connection, options, schemas, signal);
    logger.info({ schema: schemas.live, ...result }, 'the read models were built and switched to');
    await dropReplaced(connection, schemas.live, clock);
    return result;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new RebuildError('The rebuild was abandoned; the live rows are unchanged.');
  }
}

/** Drops the schema that a switch replaced, in case a crash prevented it. */
export async function dropReplaced(db: Kysely<unknown>, live: string, clock: Clock): Promise<void> {
  await dropSchema(db, replacedName(live), clock);
}

/** Whether a schema holds the rows of the log up to a checkpoint. */
async function isFilled(db: Kysely<unknown>, { name }: Projection, schema: string): Promise<boolean> {
  if (!(await schemaExists(db, schema))) return false;
  const { rows } = await sql`
    select 1 from ${sql.id(schema, 'checkpoint')} where projection = ${name}`.execute(db);
  return rows.length > 0;
}

async function fillNext(
  connection: Kysely<unknown>,
  options: BuildOptions,
  schema: string,
  signal: AbortSignal,
): Promise<void> {
  const { projection, log, clock, logger, onProgress, limits } = options;
  const head = await log.head();
  let writtenAtMs = Number.NEGATIVE_INFINITY;
  logger.info({ schema: projection.schema, head }, 'the read models are built from the log');
  const onBatch = async ({ position }: CheckpointRow) => {
    if (clock.monotonicMs() - writtenAtMs < STATUS_EVERY_MS) return;
    writtenAtMs = clock.monotonicMs();
    onProgress?.({ position, head });
    await connection.transaction().execute(async (tx) => {
      await enterSchema(tx, schema);
      await writeStatus(tx, {
        projection: projection.name,
        position,
        caught_up: false,
        lag_ms: 0,
        paused_reason: null,
        paused_event: null,
        building_to: head,
      });
    });
  };
  const fill = { ...options, schema, onBatch, limits: { ...BUILD_LIMITS, ...limits }.fill };
  try {
    await fillSchema(connection, fill, signal);
  } catch (error) {
    if (signal.aborted || kindOfFailure(error) !== 'deterministic') throw error;
    // The database refused a row. Following the log in batches finds the event that the row comes from.
    logger.warn(
      { schema, err: error },
      'the read models can’t be filled at once; they follow the log instead',
    );
    await dropSchema(connection, schema, clock);
    await ensureSchema(connection, projection, schema);
  }
}

interface Schemas {
  readonly live: string;
  readonly next: string;
}

async function followAndSwitch(
  connection: Kysely<unknown>,
  options: BuildOptions,
  schemas: Schemas,
  signal: AbortSignal,
): Promise<{ position: number; events: number }> {
  const { db, clock, projection, switchAtPoison } = options;
  const progress = createProgress(clock);
  const done = new AbortController();
  const stop = AbortSignal.any([signal, done.signal]);
  const followOptions = {
    ...options,
    schema: schemas.next,
    limits: { ...BUILD_LIMITS, ...options.limits }.follow,
    announce: false,
    setAsideMs: undefined,
    progress,
  };
  let failure: { error: unknown } | undefined;
  const following = followLog(connection, followOptions, stop).catch((error: unknown) => {
    failure = { error };
    done.abort();
  });
  const finish = async () => {
    done.abort();
    await following;
    if (failure && !(switchAtPoison && failure.error instanceof PoisonEventError)) throw failure.error;
  };
  try {
    await progress.waitUntil(({ caughtUp }) => caughtUp, { timeoutMs: BUILD_WITHIN_MS, signal: stop });
    for (let tries = 1; ; tries += 1) {
      if (failure) await finish();
      signal.throwIfAborted();
      const switched = await trySwitch(db, projection, schemas, { progress, stop, finish });
      if (switched) return switched;
      if (tries === SWITCH_TRIES_MAX)
        throw new RebuildError(
          'The log grows faster than the new rows can follow it; the live rows are unchanged.',
        );
    }
  } finally {
    done.abort();
    await following;
  }
}

interface Builder {
  readonly progress: Progress;
  readonly stop: AbortSignal;
  /** Stops following the log; throws the error that it failed with. */
  readonly finish: () => Promise<void>;
}

/**
 * Stops live writing at its checkpoint, waits until the next schema has reached it, and renames the schemas. Answers
 * undefined when the next schema did not reach it in time.
 */
async function trySwitch(
  db: Kysely<unknown>,
  projection: Projection,
  { live, next }: Schemas,
  { progress, stop, finish }: Builder,
): Promise<{ position: number; events: number } | undefined> {
  return db.transaction().execute(async (tx) => {
    await lockCreation(tx, live);
    const held = await holdCheckpoint(tx, projection, live);
    const caughtUpTo = held?.event_position ?? -1;
    const hasCaughtUp = await progress.waitUntil(({ position }) => position >= caughtUpTo, {
      timeoutMs: SWITCH_WITHIN_MS,
      signal: stop,
    });
    if (!hasCaughtUp) return undefined;
    await finish();
    // No event lies between the two positions; the later one is taken so that pages never see the position decrease.
    await sql`update ${sql.id(next, 'checkpoint')} set position = greatest(position, ${held?.position ?? -1})`.execute(
      tx,
    );
    if (held) {
      // A projector that waits for this row then finds it deleted and reads the new one.
      await sql`delete from ${sql.id(live, 'checkpoint')}`.execute(tx);
      await sql`alter schema ${sql.id(live)} rename to ${sql.id(replacedName(live))}`.execute(tx);
    }
    await sql`alter schema ${sql.id(next)} rename to ${sql.id(live)}`.execute(tx);
    const { position, events } = await readCheckpoint(tx, live, projection.name);
    const notice = JSON.stringify({ position, tenants: 'all' });
    await sql`select pg_notify(${CHANGES_CHANNEL}, ${notice})`.execute(tx);
    return { position, events };
  });
}

async function holdCheckpoint(tx: Kysely<unknown>, projection: Projection, live: string) {
  if (!(await schemaExists(tx, live))) return undefined;
  const { rows } = await sql<{ position: number; event_position: number }>`
    select position, event_position from ${sql.id(live, 'checkpoint')}
    where projection = ${projection.name} for update`.execute(tx);
  return rows[0] ?? { position: -1, event_position: -1 };
}

/** Drops a schema. Waits for pages that still read it, and tries again after a deadlock with one. */
export async function dropSchema(db: Kysely<unknown>, schema: string, clock: Clock): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await sql`drop schema if exists ${sql.id(schema)} cascade`.execute(db);
      return;
    } catch (error) {
      const isDeadlock = error instanceof Error && 'code' in error && error.code === '40P01';
      if (!isDeadlock || tries === DROP_TRIES_MAX) throw error;
      await clock.sleep(DROP_RETRY_MS);
    }
  }
}
