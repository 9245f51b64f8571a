import type { Json, JsonObject } from '../../../ledger/canonical-json.js';
import { policyName } from '../../catalogue/policy-types.js';
import type { FormerRules } from '../former-rules.js';
import { flattenPolicy } from './flatten.js';

const NO_FILTER = '00000000-0000-0000-0000-000000000000';

/** The rules of the first releases. They are frozen: fingerprints in existing logs were made with them. */
export const RULES_1: FormerRules = {
  version: 1,
  contentHashInput(type, document) {
    const { settings, groups } = flattenPolicy(type, document);
    return { name: policyName(type, document.raw), settings: listed(settings), groups: listed(groups) };
  },
  assignmentsHashInput(document) {
    const byKey = new Map(document.assignments.map(normalizeAssignment).map((a) => [keyOf(a), a]));
    return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, assignment]) => assignment);
  },
};

function listed(map: ReadonlyMap<string, readonly string[]>): Json[] {
  return [...map]
    .map(([path, values]): [string, string[]] => [path, [...values].sort()])
    .filter(([, values]) => !values.every((value) => value === 'null'))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function keyOf({ target, groupId, collectionId, intent, filterType, filterId }: JsonObject): string {
  return JSON.stringify([target, groupId, collectionId, intent, filterType, filterId]);
}

function normalizeAssignment(assignment: JsonObject): JsonObject {
  const { target: given } = assignment;
  const target = given !== null && typeof given === 'object' && !Array.isArray(given) ? given : {};
  const filterId = textOf(target.deviceAndAppManagementAssignmentFilterId);
  const filtered = filterId !== null && filterId !== NO_FILTER;
  return {
    target: String(target['@odata.type'] ?? '').replace(/^#?microsoft\.graph\./, ''),
    groupId: textOf(target.groupId)?.toLowerCase() ?? null,
    collectionId: textOf(target.collectionId),
    intent: textOf(assignment.intent),
    filterType: filtered ? textOf(target.deviceAndAppManagementAssignmentFilterType) : null,
    filterId: filtered ? filterId.toLowerCase() : null,
  };
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
