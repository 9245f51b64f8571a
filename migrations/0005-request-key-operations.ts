import { type Kysely, sql } from 'kysely';

/** Which operation a keyed start is about, noted before its run is: where to look after a crash in between. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table opsledger.request_keys add column operation_key text`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table opsledger.request_keys drop column operation_key`.execute(db);
}
