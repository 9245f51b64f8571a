import { type Kysely, sql } from 'kysely';

/** What is encrypted under a tenant's key, and the keys themselves, wrapped under the master key. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table opsledger.tenant_keys (
      tenant_id uuid not null,
      version integer not null check (version > 0),
      wrapped_key bytea not null,
      master_key_id text not null,
      created_at timestamptz not null default now(),
      primary key (tenant_id, version)
    )`.execute(db);
  await sql`
    create table opsledger.artifacts (
      tenant_id uuid not null,
      address text not null,
      size_bytes integer not null,
      body bytea not null,
      key_version integer not null,
      created_at timestamptz not null default now(),
      last_put_at timestamptz not null default now(),
      primary key (tenant_id, address),
      foreign key (tenant_id, key_version) references opsledger.tenant_keys
    )`.execute(db);
  // A body is compressed before it is encrypted; trying again on random bytes costs time and gains nothing.
  await sql`alter table opsledger.artifacts alter column body set storage external`.execute(db);
  await sql`
    create table opsledger.graph_credentials (
      tenant_id uuid primary key,
      sealed bytea not null,
      updated_at timestamptz not null default now()
    )`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table opsledger.graph_credentials, opsledger.artifacts, opsledger.tenant_keys`.execute(db);
}
