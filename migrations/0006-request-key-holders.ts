import { type Kysely, sql } from 'kysely';

/** Who carries a keyed request out at this moment, and until when nobody else may: a row instead of a session's lock. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table opsledger.request_keys
      add column holder uuid,
      add column held_until timestamptz`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table opsledger.request_keys drop column holder, drop column held_until`.execute(db);
}
