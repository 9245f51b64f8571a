import { type Kysely, sql } from 'kysely';

/**
 * What the parts of the program leave for each other: who is alive, who looks after the runs, which workers are known
 * to be gone, and how long runs have been seen waiting. Times are the database's own.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table liveness.parts (
      part text not null,
      name text not null,
      app_version text not null,
      types text[] null,
      runs_in_hand integer null,
      trouble text null,
      started_at timestamptz not null default clock_timestamp(),
      said_at timestamptz not null default clock_timestamp(),
      primary key (part, name)
    ) with (fillfactor = 50)`.execute(db);
  await sql`grant select on liveness.parts to opsledger_hub`.execute(db);
  await sql`
    create table liveness.leases (
      name text primary key,
      holder text not null,
      turn bigint not null
    ) with (fillfactor = 50)`.execute(db);
  await sql`
    create table liveness.verdicts (
      tenant_id uuid not null,
      run_id text not null,
      attempt integer not null,
      sign text not null,
      silent_ms double precision not null,
      said_at timestamptz not null default clock_timestamp(),
      primary key (tenant_id, run_id)
    )`.execute(db);
  await sql`
    create table liveness.waits (
      tenant_id uuid not null,
      run_id text not null,
      attempt integer not null,
      waited_ms double precision not null,
      said_at timestamptz not null default clock_timestamp(),
      primary key (tenant_id, run_id)
    )`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const table of ['waits', 'verdicts', 'leases', 'parts'])
    await sql`drop table ${sql.id('liveness', table)}`.execute(db);
}
