import { type Kysely, sql } from 'kysely';

/**
 * Signs of life of running runs: one row each, written over and over, and no event (the log never
 * forgets).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create schema liveness`.execute(db);
  // Room on each page keeps the new version of a row beside the old one, so that no index has to change.
  await sql`
    create table liveness.beats (
      tenant_id uuid not null,
      run_id text not null,
      attempt integer not null,
      worker text not null,
      beat_at timestamptz not null default clock_timestamp(),
      primary key (tenant_id, run_id)
    ) with (fillfactor = 50)`.execute(db);
  await sql`alter table liveness.beats enable row level security`.execute(db);
  await sql`alter table liveness.beats force row level security`.execute(db);
  await sql`
    create policy tenant_wall on liveness.beats for select to opsledger_hub
      using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)`.execute(db);
  await sql`
    create policy owner_passes on liveness.beats to current_user using (true) with check (true)`.execute(db);
  await sql`grant usage on schema liveness to opsledger_hub`.execute(db);
  await sql`grant select on liveness.beats to opsledger_hub`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table liveness.beats`.execute(db);
  await sql`drop schema liveness`.execute(db);
}
