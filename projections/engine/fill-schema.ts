import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import type { Chance, Clock } from '../../src/clock.js';
import type { EventLog, RawEvent } from '../../src/ledger/event-log.js';
import type { RecordedEvent } from '../../src/ledger/event-registry.js';
import { advance, type CheckpointRow } from './checkpoint.js';
import { openRowCopier, type RowCopier } from './copy-rows.js';
import { PoisonEventError } from './failures.js';
import { createFillingRows, type FillingRows } from './filling-rows.js';
import { foldEvent, requestRows } from './fold-batch.js';
import { type BatchLimits, createIntake, type Intake, type TakenBatch } from './intake.js';
import type { AnyModel } from './model.js';
import type { Projection } from './projection.js';
import { readLog } from './read-log.js';
import { loadRequested, writeChanges } from './row-store.js';
import {
  createBareTables,
  enterSchema,
  firstCheckpoint,
  insertCheckpoint,
  keySchemaTables,
} from './schema.js';
import type { AnyTable } from './table.js';

export interface FillOptions {
  readonly log: EventLog;
  /** For the connection that copies rows. */
  readonly databaseUrl: string;
  readonly projection: Projection;
  readonly schema: string;
  readonly decode: (event: RawEvent) => RecordedEvent;
  readonly limits: BatchLimits;
  /** Called with the checkpoint after each batch. */
  readonly onBatch: (checkpoint: CheckpointRow) => Promise<void>;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: Logger;
}

/** The tables whose rows any event may change. They need their key while a schema is filled. */
export const changingTables = ({ models, tables }: Projection): ReadonlySet<string> => {
  const final = new Set(models.flatMap(({ table, finalAfter }) => (finalAfter ? [table.name] : [])));
  return new Set(tables.map(({ name }) => name).filter((name) => !final.has(name)));
};

/**
 * Creates a schema and fills it with the rows of the whole log, up to the log's end when it is read. Rows are folded
 * in memory and copied once they are final, into tables without keys. The checkpoint is written last, so a schema
 * without a checkpoint is not filled. Filling ends before an event that can't be decoded or folded; following the log
 * from the checkpoint then fails at that event. Throws the signal's reason, and errors of the log and the database.
 */
export async function fillSchema(
  db: Kysely<unknown>,
  options: FillOptions,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const poison = await tryFill(db, options, Number.POSITIVE_INFINITY, signal);
  // The fold has applied a part of the event in memory, so everything before the event is folded again.
  if (poison) await tryFill(db, options, poison.event.position, signal);
}

/**
 * Fills a schema with the events before `before`. Resolves to the event that a fold failed at; the schema is then
 * removed again.
 */
async function tryFill(
  db: Kysely<unknown>,
  options: FillOptions,
  before: number,
  signal: AbortSignal,
): Promise<PoisonEventError | undefined> {
  const { projection, schema, databaseUrl, logger } = options;
  await db.transaction().execute(async (tx) => {
    await createBareTables(tx, projection, schema);
    await keySchemaTables(tx, projection, changingTables(projection));
  });
  const copier = await openRowCopier(databaseUrl, schema, logger);
  try {
    const checkpoint = await copyLog(db, options, copier, before, signal);
    await db.transaction().execute(async (tx) => {
      await enterSchema(tx, schema);
      await insertCheckpoint(tx, checkpoint);
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof PoisonEventError) || before < Number.POSITIVE_INFINITY) throw error;
    await sql`drop schema ${sql.id(schema)} cascade`.execute(db);
    return error;
  } finally {
    await copier.close();
  }
}

async function copyLog(
  db: Kysely<unknown>,
  options: FillOptions,
  copier: RowCopier,
  before: number,
  signal: AbortSignal,
): Promise<CheckpointRow> {
  const { projection, limits, onBatch, logger } = options;
  const intake = createIntake(limits);
  const reading = new AbortController();
  const either = AbortSignal.any([signal, reading.signal]);
  either.addEventListener('abort', () => intake.close(), { once: true });
  if (either.aborted) intake.close();
  const reader = readLog({
    ...options,
    streamPrefixes: projection.streamPrefixes,
    after: -1,
    intake,
    waiting: new Set(),
    signal: either,
    onInterrupted: (error, retryInMs) =>
      logger.warn({ err: error, retryInMs }, 'the subscription was interrupted'),
  }).catch((error: unknown) => intake.fail(error));
  let checkpoint = firstCheckpoint(projection);
  const changing = projection.models.filter(({ finalAfter }) => finalAfter === undefined);
  let rows = createFillingRows(projection.models);
  // One batch is copied while the next one is folded.
  let copying: Promise<void> = Promise.resolve();
  try {
    for (;;) {
      await intake.filled();
      signal.throwIfAborted();
      const taken = takeBeforePoison(intake);
      const events = taken.events.filter(({ position }) => position < before);
      const ended = await foldBatch(db, options, changing, rows, events);
      checkpoint = advance(checkpoint, events, events.at(-1)?.position ?? checkpoint.position);
      const final = rows.pending.map((pending) => ({ table: pending.table, rows: pending.release(ended) }));
      rows = rows.renew();
      await copying;
      copying = copyAll(copier, final);
      copying.catch(() => undefined);
      await onBatch(checkpoint);
      if (taken.caughtUp || events.length < taken.events.length) break;
    }
    await copying;
    await copyAll(
      copier,
      rows.pending.map((pending) => ({ table: pending.table, rows: pending.releaseAll() })),
    );
    return checkpoint;
  } finally {
    reading.abort();
    await reader;
  }
}

/** The next batch. A fill treats an event that can't be decoded as the end of the log. */
function takeBeforePoison(intake: Intake): Pick<TakenBatch, 'events' | 'caughtUp'> {
  try {
    return intake.take();
  } catch (error) {
    if (!(error instanceof PoisonEventError)) throw error;
    return { events: [], caughtUp: true };
  }
}

/** Folds a batch, and writes the rows that later events may change. Resolves to the runs that the batch ended. */
async function foldBatch(
  db: Kysely<unknown>,
  { projection, schema }: FillOptions,
  changing: readonly AnyModel[],
  rows: FillingRows,
  events: readonly RecordedEvent[],
): Promise<readonly string[]> {
  const ended: string[] = [];
  await db.transaction().execute(async (tx) => {
    await enterSchema(tx, schema);
    requestRows({ ...projection, models: changing }, events, rows);
    await loadRequested(tx, rows.changing);
    for (const event of events) {
      try {
        foldEvent(projection.models, event, rows);
      } catch (error) {
        throw new PoisonEventError(event.raw, error);
      }
      const run = projection.ends?.(event);
      if (run !== undefined) ended.push(run);
    }
    await writeChanges(tx, rows.changing);
  });
  return ended;
}

async function copyAll(
  copier: RowCopier,
  final: readonly { readonly table: AnyTable; readonly rows: readonly object[] }[],
): Promise<void> {
  for (const { table, rows } of final) await copier.copy(table, rows);
}
