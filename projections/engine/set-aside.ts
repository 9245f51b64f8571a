import { type Kysely, type QueryExecutorProvider, sql } from 'kysely';
import type { EventLog, RawEvent } from '../../src/ledger/event-log.js';
import type { RecordedEvent } from '../../src/ledger/event-registry.js';
import { advance, type CheckpointRow, FencedError, moveCheckpoint } from './checkpoint.js';
import { bigint, text } from './columns.js';
import { kindOfFailure, PoisonEventError } from './failures.js';
import { applyBatch } from './fold-batch.js';
import type { Projection } from './projection.js';
import { enterSchema } from './schema.js';
import { defineTable, type RowOf } from './table.js';

/**
 * Streams that wait at an event which this program can't apply, while the others go on. Used by projections that set
 * streams aside; empty when every event was applied, as after a rebuild.
 */
export const setAsideTable = defineTable({
  name: 'set_aside',
  columns: {
    stream: text(),
    /** Revision of the event that the stream waits at. */
    revision: bigint(),
    position: bigint(),
    reason: text(),
  },
  key: ['stream'],
  access: 'nobody',
});

export type SetAsideRow = RowOf<typeof setAsideTable>;

/** More waiting streams than this mean that the fault isn't in a single stream, so the projection pauses. */
const SET_ASIDE_MAX = 1_000;

interface SchemaOf {
  readonly projection: Projection;
  readonly schema: string;
}

/**
 * Lets a stream wait at an event that can't be applied. Answers false when the whole projection must wait: its rows
 * can't be assigned to a stream, or too many streams wait already. `checkpoint` is the one up to which the caller has
 * written. Errors: FencedError, those of the database.
 */
export async function setAside(
  db: Kysely<unknown>,
  { projection, schema }: SchemaOf,
  checkpoint: CheckpointRow,
  { event, message }: PoisonEventError,
): Promise<boolean> {
  if (!projection.setsAside?.(event.stream)) return false;
  return db.transaction().execute(async (tx) => {
    await enterSchema(tx, schema);
    await moveCheckpoint(tx, checkpoint, checkpoint);
    const { rows } = await sql<{ waiting: number; known: boolean }>`
      select count(*)::integer as waiting, coalesce(bool_or(stream = ${event.stream}), false) as known
      from set_aside`.execute(tx);
    const { waiting = 0, known = false } = rows[0] ?? {};
    // The writer skips events of waiting streams, so another projector must have set this one aside.
    if (known) throw new FencedError(projection.name, checkpoint.position);
    if (waiting >= SET_ASIDE_MAX) return false;
    await sql`
      insert into set_aside (stream, revision, position, reason)
      values (${event.stream}, ${event.revision}, ${event.position}, ${message})`.execute(tx);
    return true;
  });
}

/** The number of waiting streams, and the first of them in the order of the log. `schema` must exist. */
export async function readSetAside(
  db: QueryExecutorProvider,
  schema: string,
): Promise<{ readonly streams: number; readonly first: SetAsideRow | undefined }> {
  const { rows } = await sql<SetAsideRow & { streams: number }>`
    select *, count(*) over ()::integer as streams from ${sql.id(schema, 'set_aside')}
    order by position limit 1`.execute(db);
  return { streams: rows[0]?.streams ?? 0, first: rows[0] };
}

/**
 * Tries the waiting streams again: reads each from its event up to the checkpoint, and applies all of its events or
 * none. Resolves to the new checkpoint and the streams that still wait. Errors: FencedError, LogUnavailableError, those
 * of the database.
 */
export async function retrySetAside(
  db: Kysely<unknown>,
  options: SchemaOf & { readonly log: EventLog; readonly decode: (event: RawEvent) => RecordedEvent },
  opened: CheckpointRow,
): Promise<{ readonly checkpoint: CheckpointRow; readonly waiting: ReadonlySet<string> }> {
  const { projection, schema } = options;
  const waiting = new Set<string>();
  let checkpoint = opened;
  if (!projection.setsAside) return { checkpoint, waiting };
  const { rows } = await sql<SetAsideRow>`
    select * from ${sql.id(schema, 'set_aside')} order by position`.execute(db);
  for (const row of rows) {
    const from = checkpoint;
    // The reader hasn't reached the event yet. It will skip the event, and the next retry finds it before the
    // checkpoint.
    if (row.position > from.position) {
      waiting.add(row.stream);
      continue;
    }
    try {
      const events = await missedEvents(options, row, from);
      const { event_position, ...advanced } = advance(from, events, from.position);
      const next = { ...advanced, event_position: Math.max(event_position, from.event_position) };
      await db.transaction().execute(async (tx) => {
        await enterSchema(tx, schema);
        await moveCheckpoint(tx, from, next);
        await applyBatch(projection, events, tx);
        const taken = await sql`delete from set_aside where stream = ${row.stream}`.execute(tx);
        if (taken.numAffectedRows !== 1n) throw new FencedError(projection.name, from.position);
      });
      checkpoint = next;
    } catch (error) {
      if (!(error instanceof PoisonEventError) && kindOfFailure(error) !== 'deterministic') throw error;
      waiting.add(row.stream);
    }
  }
  return { checkpoint, waiting };
}

async function missedEvents(
  { log, decode }: { readonly log: EventLog; readonly decode: (event: RawEvent) => RecordedEvent },
  { stream, revision }: SetAsideRow,
  { position }: CheckpointRow,
): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const raw of log.read(stream, { fromRevision: revision })) {
    // The subscription delivers the events after the checkpoint.
    if (raw.position > position) break;
    try {
      events.push(decode(raw));
    } catch (error) {
      throw new PoisonEventError(raw, error);
    }
  }
  return events;
}
