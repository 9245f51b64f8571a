import { type Kysely, sql } from 'kysely';
import { bigint, boolean, nullable, text } from './columns.js';
import { defineTable, type RowOf } from './table.js';

/**
 * The last status that a projector wrote. Pages read it, since they ask PostgreSQL only, and it outlives the
 * projector. It isn't made from events, so a rebuild doesn't restore it.
 */
export const projectorStatusTable = defineTable({
  name: 'projector_status',
  columns: {
    projection: text(),
    /**
     * When the status was written, milliseconds since 1970 by the database's clock; at least every two seconds. The
     * column keeps its first name, because a program also reads the rows of other versions.
     */
    said_at: bigint(),
    position: bigint(),
    /** Whether everything in the log was applied. */
    caught_up: boolean(),
    /** Age of the oldest event that isn't applied yet, in milliseconds; 0 when caught up. */
    lag_ms: bigint(),
    /** Why the projection is paused, and at which event (`stream@revision`). */
    paused_reason: nullable(text()),
    paused_event: nullable(text()),
    /** Where the log ended when the build of these rows began; null when they are not being built. */
    building_to: nullable(bigint()),
  },
  key: ['projection'],
  access: 'everyone',
});

export type ProjectorStatusRow = RowOf<typeof projectorStatusTable>;

/** The database's current time in milliseconds since 1970, the only clock that processes share. */
export const databaseNowMs = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;

/** Writes a projector's status, in a transaction that has entered the schema. */
export async function writeStatus(
  tx: Kysely<unknown>,
  status: Omit<ProjectorStatusRow, 'said_at' | 'building_to'> & { readonly building_to?: number },
): Promise<void> {
  await sql`
    insert into projector_status (projection, said_at, position, caught_up, lag_ms, paused_reason, paused_event,
      building_to)
    values (${status.projection}, ${databaseNowMs}, ${status.position}, ${status.caught_up}, ${status.lag_ms},
      ${status.paused_reason}, ${status.paused_event}, ${status.building_to ?? null})
    on conflict (projection) do update set
      said_at = excluded.said_at, position = excluded.position, caught_up = excluded.caught_up,
      lag_ms = excluded.lag_ms, paused_reason = excluded.paused_reason, paused_event = excluded.paused_event,
      building_to = excluded.building_to`.execute(tx);
}
