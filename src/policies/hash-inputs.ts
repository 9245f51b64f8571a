import type { Json, JsonObject } from '../ledger/canonical-json.js';
import { type FlatPolicy, type FlatSetting, isUnset } from './flat-policy.js';
import { normalizeAssignments } from './normalize-assignments.js';

/**
 * What a content hash is taken of: equal exactly where comparing finds nothing, a new name apart, which counts
 * as content here. Holds secrets, so only a keyed hash of it may leave the process.
 */
export function contentHashInput(name: string, flat: FlatPolicy): JsonObject {
  return { name, settings: listed(flat.settings), groups: listed(flat.groups) };
}

/** What the hash of a policy's assignments is taken of. */
export function assignmentsHashInput(assignments: readonly JsonObject[]): Json {
  return normalizeAssignments(assignments).map((assignment) => ({ ...assignment }));
}

function listed(map: ReadonlyMap<string, FlatSetting>): Json[] {
  return [...map]
    .filter(([, setting]) => !isUnset(setting))
    .map(([path, setting]): Json => [path, [...setting.values]]);
}
