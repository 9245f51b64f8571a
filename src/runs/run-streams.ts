import { canonicalJson, type JsonObject, sha256Hex } from '../ledger/canonical-json.js';
import { streamName } from '../ledger/streams.js';

/** Length of an operation key in hex digits (128 bits of SHA-256). */
const KEY_LENGTH = 32;

/** The deterministic key of an operation: a hash of tenant, type and canonical scope (R5). */
export function operationKey(tenantId: string, type: string, scope: JsonObject): string {
  return sha256Hex(canonicalJson([tenantId, type, scope])).slice(0, KEY_LENGTH);
}

/** The stream of an operation; it holds the operation's runs one after the other. */
export const operationStream = (tenantId: string, key: string): string =>
  streamName('operation', tenantId, key);

/** The stream that records that an actor asked for a run that was already active. */
export const askStream = (tenantId: string, runId: string, actorId: string): string =>
  streamName('ask', tenantId, `${runId}.${actorId}`);

/** The id of a run: `<operation key>-<revision of its RunQueued>`. */
export const runIdOf = (key: string, startRevision: number): string => `${key}-${startRevision}`;

const RUN_ID = /^([0-9a-f]{32})-(0|[1-9][0-9]{0,14})$/;

/** The parts of a run id, or undefined when the text isn't one. */
export function parseRunId(runId: string): { key: string; startRevision: number } | undefined {
  const match = RUN_ID.exec(runId);
  if (!match?.[1] || match[2] === undefined) return undefined;
  return { key: match[1], startRevision: Number(match[2]) };
}

/** The stream that holds a run's events. Throws on a malformed run id. */
export function streamOfRun(tenantId: string, runId: string): string {
  const parsed = parseRunId(runId);
  if (!parsed) throw new TypeError(`not a run id: ${JSON.stringify(runId)}`);
  return operationStream(tenantId, parsed.key);
}
