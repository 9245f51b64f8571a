import { type Kysely, sql } from 'kysely';

/** Primary data: what no event holds, so that no rebuild, switch or reset may touch it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create schema opsledger`.execute(db);
  await sql`
    create table opsledger.persons (
      person_id uuid primary key,
      issuer text not null,
      subject text not null,
      display_name text not null,
      email text,
      created_at timestamptz not null default now(),
      unique (issuer, subject)
    )`.execute(db);
  await sql`
    create table opsledger.sessions (
      session_hash text primary key,
      person_id uuid not null references opsledger.persons on delete cascade,
      created_at timestamptz not null default now(),
      last_seen_at timestamptz not null default now(),
      expires_at timestamptz not null
    )`.execute(db);
  await sql`create index sessions_person on opsledger.sessions (person_id)`.execute(db);
  await sql`create index sessions_expiry on opsledger.sessions (expires_at)`.execute(db);
  await sql`
    create table opsledger.api_tokens (
      token_id uuid primary key,
      token_hash text not null unique,
      tenant_id uuid not null,
      name text not null,
      capabilities text[] not null,
      created_by uuid references opsledger.persons on delete set null,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      last_used_at timestamptz,
      revoked_at timestamptz
    )`.execute(db);
  await sql`create index api_tokens_tenant on opsledger.api_tokens (tenant_id)`.execute(db);
  await sql`create index api_tokens_creator on opsledger.api_tokens (created_by)`.execute(db);
  await sql`
    create table opsledger.ledger_identity (
      singleton boolean primary key default true check (singleton),
      ledger_id text not null
    )`.execute(db);
  await sql`
    create table opsledger.request_keys (
      tenant_id uuid not null,
      client_id text not null,
      key text not null,
      body_hash text not null,
      run_id text,
      created_at timestamptz not null default now(),
      primary key (tenant_id, client_id, key)
    )`.execute(db);
  await sql`create index request_keys_age on opsledger.request_keys (created_at)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop table opsledger.request_keys, opsledger.ledger_identity, opsledger.api_tokens, opsledger.sessions,
      opsledger.persons`.execute(db);
  await sql`drop schema opsledger`.execute(db);
}
