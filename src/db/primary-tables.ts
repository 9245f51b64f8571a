import type { ColumnType, Generated } from 'kysely';

/** A time that the database sets when a row is made without one. */
type CreatedAt = ColumnType<Date, Date | undefined, Date>;

/** Persons by issuer and subject. Names and addresses are stored only here, so that they can be removed. */
export interface PersonsTable {
  person_id: string;
  issuer: string;
  subject: string;
  display_name: string;
  email: string | null;
  /** Id of the person's account in Entra (`oid`); null for other providers. */
  object_id: ColumnType<string | null, string | null | undefined, string | null>;
  created_at: CreatedAt;
}

export interface SessionsTable {
  /** SHA-256 (hex) of the token in the cookie. */
  session_hash: string;
  person_id: string;
  created_at: CreatedAt;
  last_seen_at: CreatedAt;
  expires_at: Date;
  /** The provider's refresh token, sealed; null for a session that isn't renewed. */
  sealed_renewal: ColumnType<Buffer | null, Buffer | undefined, Buffer>;
  /** The time from which the provider is asked again whether the sign-in is still valid. */
  renew_at: ColumnType<Date | null, Date | undefined, Date>;
  /** The person's own token for Microsoft Graph, sealed; null without one. */
  sealed_graph_token: ColumnType<Buffer | null, Buffer | undefined, Buffer>;
  graph_token_ends_at: ColumnType<Date | null, Date | undefined, Date>;
}

export interface ApiTokensTable {
  token_id: string;
  /** SHA-256 (hex) of the token, which was shown once. */
  token_hash: string;
  tenant_id: string;
  name: string;
  capabilities: string[];
  created_by: string | null;
  created_at: CreatedAt;
  expires_at: Date;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

/** A tenant's keys, each wrapped under the master key that `master_key_id` names. */
export interface TenantKeysTable {
  tenant_id: string;
  version: number;
  wrapped_key: Buffer;
  master_key_id: string;
  created_at: CreatedAt;
}

export interface ArtifactsTable {
  tenant_id: string;
  /** HMAC (hex) of the plain bytes under the tenant's addressing key. */
  address: string;
  /** Length of the plain bytes. */
  size_bytes: number;
  body: Buffer;
  key_version: number;
  created_at: CreatedAt;
  /** The last time this content was stored; decides when an unreferenced artifact may be removed. */
  last_put_at: CreatedAt;
  /** Whether an event is known to name it; such an artifact is never removed. */
  named: Generated<boolean>;
}

/** The file of an export; unfinished while `finished_at`, `ends_at`, `size_bytes` and `parts` are null. */
export interface ExportFilesTable {
  tenant_id: string;
  run_id: string;
  /** The attempt that writes or has written the file; no other attempt may add parts. */
  writing: string;
  begun_at: CreatedAt;
  finished_at: Date | null;
  ends_at: Date | null;
  size_bytes: number | null;
  parts: number | null;
}

/** The encrypted parts of these files, numbered from 0. */
export interface ExportPartsTable {
  tenant_id: string;
  run_id: string;
  part: number;
  body: Buffer;
  key_version: number;
}

/** Recurring work that one process does at a time. */
export interface ScheduledWorkTable {
  name: string;
  /** The time from which a process may take it. */
  due_at: CreatedAt;
  /** How far the work has read the log, if it reads the log; -1 before the first event. */
  position: Generated<number>;
}

export interface GraphCredentialsTable {
  tenant_id: string;
  /** The id that the tenant's connection names; empty for one without an id. */
  credential_id: string;
  sealed: Buffer;
  updated_at: CreatedAt;
}

/** At most one row: the log that this database belongs to. */
export interface LedgerIdentityTable {
  singleton: Generated<boolean>;
  ledger_id: string;
  /** Place and id of the newest event that a process has seen of that log; null before the first. */
  seen_commit: ColumnType<number | null, number | undefined, number>;
  seen_prepare: ColumnType<number | null, number | undefined, number>;
  seen_event: ColumnType<string | null, string | undefined, string>;
}

/** Answers already given to API clients, by the idempotency key they sent. */
export interface RequestKeysTable {
  tenant_id: string;
  client_id: string;
  key: string;
  body_hash: string;
  /** Key of the operation that the request starts; null before it is planned. */
  operation_key: string | null;
  /** Null until the run is known to have been started. */
  run_id: string | null;
  /** The process that handles the request, and how long no other process may. */
  holder: string | null;
  held_until: Date | null;
  created_at: CreatedAt;
}

/** The last sign of life of each running run, by the database's clock. */
export interface BeatsTable {
  tenant_id: string;
  run_id: string;
  attempt: number;
  worker: string;
  beat_at: ColumnType<Date, never, never>;
}

/** Tables that migrations create and rebuilds don't change, by their full name. */
export interface PrimaryTables {
  'opsledger.persons': PersonsTable;
  'opsledger.sessions': SessionsTable;
  'opsledger.api_tokens': ApiTokensTable;
  'opsledger.tenant_keys': TenantKeysTable;
  'opsledger.artifacts': ArtifactsTable;
  'opsledger.export_files': ExportFilesTable;
  'opsledger.export_parts': ExportPartsTable;
  'opsledger.scheduled_work': ScheduledWorkTable;
  'opsledger.graph_credentials': GraphCredentialsTable;
  'opsledger.ledger_identity': LedgerIdentityTable;
  'opsledger.request_keys': RequestKeysTable;
  'liveness.beats': BeatsTable;
}

/** The primary tables that the hub's role may read. */
export type HubReadableTables = Pick<PrimaryTables, 'liveness.beats'>;
