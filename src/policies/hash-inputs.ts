import type { Json, JsonObject } from '../ledger/canonical-json.js';
import { comparedKeys, type FlatPolicy, type FlatSetting, isUnset } from './flat-policy.js';
import { normalizeAssignments } from './normalize-assignments.js';

/**
 * Version of the comparing rules. A change that alters the hash input of any policy raises it and keeps the old
 * rules in `former-rules` (ADR 0008), so that acknowledged findings are still recognised.
 */
export const COMPARING_RULES = 5;

/**
 * The input of a content hash: equal exactly when the names are equal and comparing finds no difference. It holds
 * secrets, so only a keyed hash of it may leave the process.
 */
export function contentHashInput(name: string, flat: FlatPolicy): JsonObject {
  return { name, settings: listed(flat.settings), groups: listed(flat.groups) };
}

/** The input of the hash of a policy's assignments. */
export function assignmentsHashInput(assignments: readonly JsonObject[]): Json {
  return [...normalizeAssignments(assignments)];
}

/** The input of the hash of a policy's exact name: equal exactly for equal names. */
export function nameHashInput(name: string): Json {
  return ['policy name', name];
}

function listed(map: ReadonlyMap<string, FlatSetting>): Json[] {
  return [...map]
    .filter(([, setting]) => !isUnset(setting))
    .map(([place, setting]): Json => [place, [...comparedKeys(setting)]]);
}
