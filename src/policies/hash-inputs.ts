import type { Json, JsonObject } from '../ledger/canonical-json.js';
import { comparedKeys, type FlatPolicy, type FlatSetting, isUnset } from './flat-policy.js';
import { normalizeAssignments } from './normalize-assignments.js';

/**
 * Version of the comparing rules. Whoever changes what a hash input is of any policy raises it and keeps the old
 * rules in `former-rules` (ADR 0008): findings that were acknowledged must be known again.
 */
export const COMPARING_RULES = 3;

/**
 * What a content hash is taken of: equal exactly where comparing finds nothing, a new name apart, which counts
 * as content here. Holds secrets, so only a keyed hash of it may leave the process.
 */
export function contentHashInput(name: string, flat: FlatPolicy): JsonObject {
  return { name, settings: listed(flat.settings), groups: listed(flat.groups) };
}

/** What the hash of a policy's assignments is taken of. */
export function assignmentsHashInput(assignments: readonly JsonObject[]): Json {
  return [...normalizeAssignments(assignments)];
}

/** What the hash of a policy's exact name is taken of: equal for equal names, and only for those. */
export function nameHashInput(name: string): Json {
  return ['policy name', name];
}

function listed(map: ReadonlyMap<string, FlatSetting>): Json[] {
  return [...map]
    .filter(([, setting]) => !isUnset(setting))
    .map(([place, setting]): Json => [place, [...comparedKeys(setting)]]);
}
