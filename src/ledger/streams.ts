import { canonicalJson, type JsonObject, sha256Hex } from './canonical-json.js';

/**
 * Every stream name of the ledger is built and read here: one hyphen after a single-word category, so that
 * prefix filters end in `-` and EventStoreDB's own category split agrees.
 */
export type StreamCategory =
  | 'ledger'
  | 'operation'
  | 'ask'
  | 'hold'
  | 'archive'
  | 'finding'
  | 'tenant'
  | 'schedule'
  | 'backupset'
  | 'member'
  | 'audit';

export const STREAM_CATEGORIES: readonly StreamCategory[] = [
  'ledger',
  'operation',
  'ask',
  'hold',
  'archive',
  'finding',
  'tenant',
  'schedule',
  'backupset',
  'member',
  'audit',
];

export const LEDGER_STREAM = 'ledger-main';

/** Length of an operation key in hex digits (128 bits of SHA-256). */
const KEY_LENGTH = 32;

/** The deterministic key of an operation: a hash of tenant, type and canonical scope (R5). */
export function operationKey(tenantId: string, type: string, scope: JsonObject): string {
  return sha256Hex(canonicalJson([tenantId, type, scope])).slice(0, KEY_LENGTH);
}

export const operationStream = (tenantId: string, key: string): string => `operation-${tenantId}.${key}`;
export const tenantStream = (tenantId: string): string => `tenant-${tenantId}`;
export const memberStream = (tenantId: string, personId: string): string => `member-${tenantId}.${personId}`;
export const findingStream = (tenantId: string, fingerprint: string): string =>
  `finding-${tenantId}.${fingerprint}`;
export const askStream = (tenantId: string, runId: string, actorId: string): string =>
  `ask-${tenantId}.${runId}.${actorId}`;
export const auditStream = (tenantId: string): string => `audit-${tenantId}`;

/** A run is an episode of its operation's stream: `<key>-<revision of its RunQueued>`. */
export const runIdOf = (key: string, startRevision: number): string => `${key}-${startRevision}`;

const RUN_ID = /^([0-9a-f]{32})-(0|[1-9][0-9]{0,14})$/;

/** Reads a run id, or undefined when the text isn't one. */
export function parseRunId(runId: string): { key: string; startRevision: number } | undefined {
  const match = RUN_ID.exec(runId);
  if (!match?.[1] || match[2] === undefined) return undefined;
  return { key: match[1], startRevision: Number(match[2]) };
}

/** The stream that a run's events stand in. Throws on a malformed run id. */
export function streamOfRun(tenantId: string, runId: string): string {
  const parsed = parseRunId(runId);
  if (!parsed) throw new TypeError(`not a run id: ${JSON.stringify(runId)}`);
  return operationStream(tenantId, parsed.key);
}

/** Whether a stream holds events of a tenant: its name carries the tenant's id after the category. */
export function streamIsOf(name: string, tenantId: string): boolean {
  const id = parseStream(name)?.id;
  return id !== undefined && (id === tenantId || id.startsWith(`${tenantId}.`));
}

/** The category and the rest of a stream name, or undefined for streams that aren't the ledger's. */
export function parseStream(name: string): { category: StreamCategory; id: string } | undefined {
  const hyphen = name.indexOf('-');
  if (hyphen < 0) return undefined;
  const category = STREAM_CATEGORIES.find((known) => known === name.slice(0, hyphen));
  return category && { category, id: name.slice(hyphen + 1) };
}
