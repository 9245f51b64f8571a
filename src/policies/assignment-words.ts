import { canonicalJson, type Json } from '../ledger/canonical-json.js';
import { objectAt } from '../ledger/json-values.js';
import { type DirectoryNames, NO_NAMES, withName } from './directory-names.js';
import type { Assignment } from './normalize-assignments.js';

/** The target of an assignment in words. Without names, assignments with the same text have the same target. */
export function targetText(assignment: Assignment, names: DirectoryNames = NO_NAMES): string {
  const target = objectAt(assignment, 'target');
  const { type = 'unknown target', groupId: id = '(none)' } = target;
  const groupId = typeof id === 'string' ? withName(names.group(id), id) : id;
  switch (type) {
    case 'allDevicesAssignmentTarget':
      return 'all devices';
    case 'allLicensedUsersAssignmentTarget':
      return 'all users';
    case 'groupAssignmentTarget':
      return `group ${groupId}`;
    case 'exclusionGroupAssignmentTarget':
      return `not group ${groupId}`;
    default:
      return [type, target.groupId, target.collectionId].filter((part) => part !== undefined).join(' ');
  }
}

/** The other parts of an assignment in words, by name, such as `filter` or `schedule`. */
export function assignmentParts(
  assignment: Assignment,
  names: DirectoryNames = NO_NAMES,
): ReadonlyMap<string, string> {
  const { target: _target, runSchedule, ...rest } = assignment;
  const {
    type: _type,
    groupId: _group,
    collectionId: _collection,
    filterId,
    filterType,
    ...others
  } = objectAt(assignment, 'target');
  const parts = new Map<string, string>();
  if (typeof filterId === 'string')
    parts.set('filter', `${filterType ?? ''} ${withName(names.filter(filterId), filterId)}`.trim());
  if (runSchedule !== undefined) parts.set('schedule', scheduleText(runSchedule));
  for (const [name, value] of Object.entries({ ...others, ...rest })) parts.set(name, valueText(value));
  return parts;
}

/** An assignment in words, with the names of its ids where they are known. */
export function assignmentText(assignment: Assignment, names: DirectoryNames): string {
  const parts = [...assignmentParts(assignment, names)].map(([name, value]) => `, ${name} ${value}`);
  return `${targetText(assignment, names)}${parts.join('')}`;
}

/** A schedule in words, such as `daily, interval 1, time 03:00:00, useUtc false`. */
function scheduleText(schedule: Json): string {
  if (schedule === null || typeof schedule !== 'object' || Array.isArray(schedule))
    return valueText(schedule);
  const { type, ...rest } = schedule;
  const kind = typeof type === 'string' ? /(\w+?)Schedule$/.exec(type)?.[1] : undefined;
  const known = kind?.replace(/^deviceHealthScript/, '').toLowerCase();
  const parts = Object.entries(rest).map(([name, value]) => `${name} ${valueText(value)}`);
  return [known ?? valueText(type ?? null), ...parts].join(', ');
}

/** A value in words; a fraction of a second that is all zeros is left out. */
function valueText(value: Json): string {
  return typeof value === 'string' ? value.replace(/\.0{7}(?=Z?$)/, '') : canonicalJson(value);
}
