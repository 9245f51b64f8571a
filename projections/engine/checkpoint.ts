import { type Kysely, sql } from 'kysely';
import { isEvent, type RecordedEvent } from '../../src/ledger/event-registry.js';
import { LedgerCreated } from '../../src/ledger/ledger-events.js';
import { bigint, text } from './columns.js';
import { defineTable, type RowOf } from './table.js';

/**
 * How far the rows of a projection have been written. Each schema has one row, which is updated by compare-and-set in
 * the transaction that writes the rows.
 */
export const checkpointTable = defineTable({
  name: 'checkpoint',
  columns: {
    projection: text(),
    /** The log's commit position up to which everything is in the rows; -1 before the first. */
    position: bigint(),
    /** Position of the last event applied; at or before `position`, and the same after a rebuild. */
    event_position: bigint(),
    /** Id of the ledger that the rows came from; empty until its first event was applied. */
    ledger_id: text(),
    /** Events applied. */
    events: bigint(),
    /** The latest `at` among them, milliseconds since 1970; 0 before the first. */
    last_at: bigint(),
  },
  key: ['projection'],
  access: 'everyone',
});

export type CheckpointRow = RowOf<typeof checkpointTable>;

/** Another projector has moved the checkpoint, or the schema was switched. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
  constructor(projection: string, position: number) {
    super(`the checkpoint of ${projection} is no longer at ${position}: another projector has written`);
  }
}

/** Reads a schema's checkpoint. Throws FencedError when the row is missing, as in a schema that is being replaced. */
export async function readCheckpoint(
  db: Kysely<unknown>,
  schema: string,
  projection: string,
): Promise<CheckpointRow> {
  const { rows } = await sql<CheckpointRow>`
    select * from ${sql.id(schema, 'checkpoint')} where projection = ${projection}`.execute(db);
  if (!rows[0]) throw new FencedError(projection, -1);
  return rows[0];
}

/** The checkpoint after a batch. `position` may be past its last event. Pure. */
export function advance(
  checkpoint: CheckpointRow,
  events: readonly RecordedEvent[],
  position: number,
): CheckpointRow {
  let { ledger_id, last_at } = checkpoint;
  for (const event of events) {
    if (ledger_id === '' && isEvent(event, LedgerCreated)) ledger_id = event.data.ledgerId;
    last_at = Math.max(last_at, Date.parse(event.envelope.at));
  }
  return {
    ...checkpoint,
    position,
    event_position: events.at(-1)?.position ?? checkpoint.event_position,
    ledger_id,
    events: checkpoint.events + events.length,
    last_at,
  };
}

/**
 * Moves the checkpoint from `from` to `to`. Throws FencedError when it is no longer at `from`. The number of events
 * is compared too, because retrying streams that were set aside doesn't change the position.
 */
export async function moveCheckpoint(
  tx: Kysely<unknown>,
  from: CheckpointRow,
  to: CheckpointRow,
): Promise<void> {
  const moved = await sql`
    update checkpoint set position = ${to.position}, event_position = ${to.event_position},
      ledger_id = ${to.ledger_id}, events = ${to.events}, last_at = ${to.last_at}
    where projection = ${from.projection} and position = ${from.position}
      and events = ${from.events}`.execute(tx);
  if (moved.numAffectedRows !== 1n) throw new FencedError(from.projection, from.position);
}
