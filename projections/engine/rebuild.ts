import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import { type Chance, type Clock, systemChance } from '../../src/clock.js';
import type { EventLog, RawEvent } from '../../src/ledger/event-log.js';
import type { RecordedEvent } from '../../src/ledger/event-registry.js';
import { CHANGES_CHANNEL } from './changes.js';
import { readCheckpoint } from './checkpoint.js';
import type { BatchLimits } from './intake.js';
import { releaseLeaderLock, tryLeaderLock } from './leader-lock.js';
import { createProgress, type Progress } from './progress.js';
import type { Projection } from './projection.js';
import { lockCreation, schemaExists } from './schema.js';
import { runTerm } from './term.js';

export interface RebuildOptions<DB = unknown> {
  readonly log: EventLog;
  /** The writer pool; up to three of its connections are used. */
  readonly db: Kysely<DB>;
  readonly projection: Projection;
  /** Reads an event as the program's registry knows it. */
  readonly decode: (event: RawEvent) => RecordedEvent;
  readonly clock: Clock;
  readonly chance?: Chance;
  readonly logger: Logger;
  readonly limits?: BatchLimits;
  /** Gives up and leaves everything as it was. */
  readonly signal?: AbortSignal;
}

/** The switch didn't come about; the live rows are as they were. */
export class RebuildError extends Error {
  override readonly name = 'RebuildError';
}

/** Larger than live batches: nobody waits for one of these, and a statement's own cost is spread further. */
const REBUILD_LIMITS: BatchLimits = { batchEventsMax: 2_000, batchBytesMax: 8 * 1024 * 1024 };
/** How long live writing may be held up while the rows beside take the last step. */
const SWITCH_WITHIN_MS = 5_000;
const SWITCH_TRIES_MAX = 10;
const DROP_TRIES_MAX = 10;
const DROP_RETRY_MS = 500;
/** A rebuild takes as long as it takes; the signal ends it earlier. */
const BUILD_WITHIN_MS = 7 * 24 * 3_600_000;

/**
 * Builds a projection's rows anew from the whole log, in a schema beside the live one, and puts it in the live
 * one's place in one transaction, without a moment in which pages see neither. Runs beside live projectors, in
 * any process. Resolves with the position and the number of events of the new rows. Throws RebuildError when
 * another rebuild is under way, when the switch doesn't come about or when the signal aborts, and what a
 * projector would pause at (PoisonEventError).
 */
export async function rebuild<DB>(
  options: RebuildOptions<DB>,
): Promise<{ readonly position: number; readonly events: number }> {
  const db = options.db as Kysely<unknown>;
  const { projection, logger } = options;
  const live = projection.schema;
  const beside = `${live}_next`;
  return db.connection().execute(async (connection) => {
    if (!(await tryLeaderLock(connection, beside)))
      throw new RebuildError(`${live} is being rebuilt already.`);
    try {
      await dropSchema(connection, beside, options.clock);
      const result = await buildAndSwitch(db, connection, options, { live, beside });
      logger.info({ schema: live, ...result }, 'the read models were rebuilt and switched');
      await dropSchema(connection, replacedName(live), options.clock);
      return result;
    } finally {
      await releaseLeaderLock(connection, beside).catch((error: unknown) =>
        logger.debug({ err: error }, 'the lock went with its connection'),
      );
    }
  });
}

interface Schemas {
  readonly live: string;
  readonly beside: string;
}

const replacedName = (live: string): string => `${live}_replaced`;

async function buildAndSwitch<DB>(
  db: Kysely<unknown>,
  connection: Kysely<unknown>,
  options: RebuildOptions<DB>,
  schemas: Schemas,
): Promise<{ position: number; events: number }> {
  const { clock, signal, limits = REBUILD_LIMITS, chance = systemChance } = options;
  const progress = createProgress(clock);
  const done = new AbortController();
  const stop = signal ? AbortSignal.any([signal, done.signal]) : done.signal;
  const term = {
    ...options,
    schema: schemas.beside,
    limits,
    chance,
    announce: false,
    setAsideMs: undefined,
    progress,
  };
  let failure: { error: unknown } | undefined;
  const building = runTerm(connection, term, stop).catch((error: unknown) => {
    failure = { error };
    done.abort();
  });
  try {
    await progress.waitUntil(({ caughtUp }) => caughtUp, { timeoutMs: BUILD_WITHIN_MS, signal: stop });
    for (let tries = 1; ; tries += 1) {
      if (failure) throw failure.error;
      if (signal?.aborted)
        throw new RebuildError('The rebuild was given up; the live rows are as they were.');
      const finish = async () => {
        done.abort();
        await building;
        if (failure) throw failure.error;
      };
      const switched = await trySwitch(db, options.projection, schemas, { progress, stop, finish });
      if (switched) return switched;
      if (tries === SWITCH_TRIES_MAX)
        throw new RebuildError(
          'The log grows faster than the rows beside follow; the live rows are as they were.',
        );
    }
  } finally {
    done.abort();
    await building;
  }
}

interface Builder {
  readonly progress: Progress;
  readonly stop: AbortSignal;
  /** Ends the building; throws what it failed with. */
  readonly finish: () => Promise<void>;
}

/**
 * Holds live writing at its checkpoint, lets the rows beside come up to it, and renames. Undefined when they
 * were not there in time.
 */
async function trySwitch(
  db: Kysely<unknown>,
  projection: Projection,
  { live, beside }: Schemas,
  { progress, stop, finish }: Builder,
): Promise<{ position: number; events: number } | undefined> {
  return db.transaction().execute(async (tx) => {
    await lockCreation(tx, live);
    const held = await holdCheckpoint(tx, projection, live);
    const caughtUpTo = held?.event_position ?? -1;
    const there = await progress.waitUntil(({ position }) => position >= caughtUpTo, {
      timeoutMs: SWITCH_WITHIN_MS,
      signal: stop,
    });
    if (!there) return undefined;
    await finish();
    // Nothing stands between the last event and where the live rows were confirmed: no page goes back.
    await sql`update ${sql.id(beside, 'checkpoint')} set position = greatest(position, ${held?.position ?? -1})`.execute(
      tx,
    );
    if (held) {
      // A projector that waits at this row finds it gone, and reads the new one.
      await sql`delete from ${sql.id(live, 'checkpoint')}`.execute(tx);
      await sql`alter schema ${sql.id(live)} rename to ${sql.id(replacedName(live))}`.execute(tx);
    }
    await sql`alter schema ${sql.id(beside)} rename to ${sql.id(live)}`.execute(tx);
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

/** Drops a schema; pages that still read it are waited for, and a deadlock with one is tried again. */
async function dropSchema(db: Kysely<unknown>, schema: string, clock: Clock): Promise<void> {
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
