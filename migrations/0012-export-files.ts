import { type Kysely, sql } from 'kysely';

/** Files of exports until they end, encrypted under the tenant's key in parts, so that none is whole in memory. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table opsledger.export_files (
      tenant_id uuid not null,
      run_id text not null,
      writing uuid not null,
      begun_at timestamptz not null default now(),
      finished_at timestamptz null,
      ends_at timestamptz null,
      size_bytes bigint null,
      parts integer null,
      primary key (tenant_id, run_id),
      check ((finished_at is null) = (ends_at is null)),
      check ((finished_at is null) = (size_bytes is null)),
      check ((finished_at is null) = (parts is null))
    )`.execute(db);
  await sql`create index export_files_end on opsledger.export_files (ends_at)`.execute(db);
  await sql`
    create table opsledger.export_parts (
      tenant_id uuid not null,
      run_id text not null,
      part integer not null,
      body bytea not null,
      key_version integer not null,
      primary key (tenant_id, run_id, part),
      foreign key (tenant_id, run_id) references opsledger.export_files on delete cascade,
      foreign key (tenant_id, key_version) references opsledger.tenant_keys
    )`.execute(db);
  // A part of a zip file is compressed and encrypted, so compressing it again gains nothing.
  await sql`alter table opsledger.export_parts alter column body set storage external`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table opsledger.export_parts, opsledger.export_files`.execute(db);
}
