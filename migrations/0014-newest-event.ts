import { type Kysely, sql } from 'kysely';

/** The newest event that a process has seen of the log, by which the next process recognizes the log. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table opsledger.ledger_identity
      add column seen_commit bigint,
      add column seen_prepare bigint,
      add column seen_event text`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table opsledger.ledger_identity
      drop column seen_commit, drop column seen_prepare, drop column seen_event`.execute(db);
}
