import { type Kysely, sql } from 'kysely';

/** What a session's sign-in is confirmed with at the provider, sealed, and when that is due next. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table opsledger.sessions
      add column sealed_renewal bytea,
      add column renew_at timestamptz`.execute(db);
  await sql`
    create index sessions_renewal on opsledger.sessions (renew_at) where renew_at is not null`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table opsledger.sessions drop column sealed_renewal, drop column renew_at`.execute(db);
}
