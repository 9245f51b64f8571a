import { type Kysely, sql } from 'kysely';
import { defineTable } from './table.js';

/**
 * What a projector last said of itself, for pages, which ask nobody but PostgreSQL, and for whoever comes after
 * it has died. Not derived from events, so a rebuild doesn't bring it back.
 */
export interface ProjectorStatusRow {
  projection: string;
  /** When it was said, milliseconds since 1970 by the database's clock. Said at least every two seconds. */
  said_at: number;
  position: number;
  /** Whether everything that the log holds was applied. */
  caught_up: boolean;
  /** Age of the oldest event not yet applied, in milliseconds; 0 when caught up. */
  lag_ms: number;
  /** Why it doesn't go on, and at which event (`stream@revision`), while it is paused. */
  paused_reason: string | null;
  paused_event: string | null;
}

export const projectorStatusTable = defineTable<ProjectorStatusRow>({
  name: 'projector_status',
  columns: {
    projection: 'text not null',
    said_at: 'bigint not null',
    position: 'bigint not null',
    caught_up: 'boolean not null',
    lag_ms: 'bigint not null',
    paused_reason: 'text null',
    paused_event: 'text null',
  },
  key: ['projection'],
  access: 'everyone',
});

/** The database's present time in milliseconds since 1970, the only clock that processes share. */
export const databaseNowMs = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;

/** Writes what a projector says of itself, in a transaction that has entered the schema. */
export async function sayStatus(
  tx: Kysely<unknown>,
  said: Omit<ProjectorStatusRow, 'said_at'>,
): Promise<void> {
  await sql`
    insert into projector_status (projection, said_at, position, caught_up, lag_ms, paused_reason, paused_event)
    values (${said.projection}, ${databaseNowMs}, ${said.position}, ${said.caught_up}, ${said.lag_ms},
      ${said.paused_reason}, ${said.paused_event})
    on conflict (projection) do update set
      said_at = excluded.said_at, position = excluded.position, caught_up = excluded.caught_up,
      lag_ms = excluded.lag_ms, paused_reason = excluded.paused_reason, paused_event = excluded.paused_event`.execute(
    tx,
  );
}
