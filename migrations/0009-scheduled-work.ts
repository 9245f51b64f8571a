import { type Kysely, sql } from 'kysely';

/**
 * Work that comes round and that one process does, whichever finds it due first; and which artifacts events are
 * known to name, so that the others can go.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table opsledger.scheduled_work (
      name text primary key,
      due_at timestamptz not null default now(),
      position bigint not null default -1
    )`.execute(db);
  await sql`alter table opsledger.artifacts add column named boolean not null default false`.execute(db);
  await sql`
    create index artifacts_unnamed on opsledger.artifacts (last_put_at) where not named`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index opsledger.artifacts_unnamed`.execute(db);
  await sql`alter table opsledger.artifacts drop column named`.execute(db);
  await sql`drop table opsledger.scheduled_work`.execute(db);
}
