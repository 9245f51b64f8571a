import type { Json, JsonObject } from '../ledger/canonical-json.js';

/** Who a policy is for, in the parts that decide it; everything that only says how Graph stores it is gone. */
export interface Assignment {
  /** Such as `groupAssignmentTarget` or `allDevicesAssignmentTarget`. */
  readonly target: string;
  readonly groupId: string | null;
  readonly collectionId: string | null;
  readonly intent: string | null;
  readonly filterType: string | null;
  readonly filterId: string | null;
}

const NO_FILTER = '00000000-0000-0000-0000-000000000000';

/**
 * A policy's assignments as a set: sorted, each once. Graph's answers to the same assignments differ in order,
 * in ids, in what they leave out (a missing `groupId`, a filter type of `none`) and in the case of GUIDs.
 */
export function normalizeAssignments(assignments: readonly JsonObject[]): readonly Assignment[] {
  const byKey = new Map(
    assignments.map(normalizeAssignment).map((assignment) => [assignmentKey(assignment), assignment]),
  );
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, assignment]) => assignment);
}

/** Equal for equal assignments. */
export function assignmentKey(assignment: Assignment): string {
  const { target, groupId, collectionId, intent, filterType, filterId } = assignment;
  return JSON.stringify([target, groupId, collectionId, intent, filterType, filterId]);
}

/** An assignment in words, ids as they are. */
export function assignmentText(assignment: Assignment): string {
  const filter = assignment.filterId ? `, filter ${assignment.filterType} ${assignment.filterId}` : '';
  const intent = assignment.intent ? `, intent ${assignment.intent}` : '';
  return `${targetText(assignment)}${filter}${intent}`;
}

function targetText({ target, groupId, collectionId }: Assignment): string {
  switch (target) {
    case 'allDevicesAssignmentTarget':
      return 'all devices';
    case 'allLicensedUsersAssignmentTarget':
      return 'all users';
    case 'groupAssignmentTarget':
      return `group ${groupId ?? '(none)'}`;
    case 'exclusionGroupAssignmentTarget':
      return `not group ${groupId ?? '(none)'}`;
    default:
      return [target || 'unknown target', groupId, collectionId].filter(Boolean).join(' ');
  }
}

function normalizeAssignment(assignment: JsonObject): Assignment {
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
