import { idFromName } from './assign-ids.js';
import { FILTERS_PATH, GROUPS_PATH } from './collections.js';
import { type GraphObject, isGraphObject, objectsOf, textOf } from './graph-value.js';
import type { GraphContent } from './tenant-state.js';

/** IntuneCD exports contain names in place of Graph's ids. */
const GROUP_NAME_FIELDS = ['groupName', 'groupDisplayName'];
const FILTER = 'deviceAndAppManagementAssignmentFilterId';
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Completes the directory for the assignments: groups and filters that they name get an id, every group that they
 * refer to exists, and each assignment gets the id that Intune would give it.
 */
export function completeDirectory(content: Map<string, GraphObject[]>): GraphContent {
  const directory: Directory = {
    groups: new Map((content.get(GROUPS_PATH) ?? []).map((group) => [String(group.id), group])),
    groupIds: idsByName(content.get(GROUPS_PATH) ?? []),
    filterIds: idsByName(content.get(FILTERS_PATH) ?? []),
  };
  for (const [path, entities] of content) {
    if (path === GROUPS_PATH) continue;
    for (const entity of entities)
      if (Array.isArray(entity.assignments))
        entity.assignments = objectsOf(entity, 'assignments').map((assignment) =>
          completeAssignment(directory, entity, assignment),
        );
  }
  if (directory.groups.size > 0) content.set(GROUPS_PATH, [...directory.groups.values()]);
  return content;
}

/** The groups by their ids, and the ids of groups and filters by their names. Groups are added while assignments are read. */
interface Directory {
  readonly groups: Map<string, GraphObject>;
  readonly groupIds: Map<string, string>;
  readonly filterIds: ReadonlyMap<string, string>;
}

/** An assignment with the ids of its group, its filter and its own. */
function completeAssignment(directory: Directory, policy: GraphObject, assignment: GraphObject): GraphObject {
  const target = isGraphObject(assignment.target) ? { ...assignment.target } : {};
  nameToId(target, directory);
  const groupId = textOf(target, 'groupId');
  if (groupId !== null) addGroup(directory, groupId);
  return { ...assignment, id: assignmentId(String(policy.id), target), target };
}

/** Adds a group that the content lacks, under the name by which assignments refer to it, if they do. */
function addGroup({ groups, groupIds }: Directory, groupId: string): void {
  if (groups.has(groupId)) return;
  const displayName = [...groupIds].find(([, id]) => id === groupId)?.[0];
  groups.set(groupId, newGroup(groupId, displayName ?? `Group ${groupId.slice(0, 8)}`));
}

function nameToId(target: GraphObject, { groupIds, filterIds }: Directory): void {
  for (const field of GROUP_NAME_FIELDS) {
    const name = textOf(target, field);
    delete target[field];
    if (name === null || textOf(target, 'groupId') !== null) continue;
    const id = groupIds.get(name) ?? idFromName(GROUPS_PATH, name);
    groupIds.set(name, id);
    target.groupId = id;
  }
  const filter = textOf(target, FILTER);
  if (filter !== null && !GUID.test(filter))
    target[FILTER] = filterIds.get(filter) ?? idFromName(FILTERS_PATH, filter);
}

function idsByName(entities: Iterable<GraphObject>): Map<string, string> {
  return new Map([...entities].map((entity) => [String(entity.displayName), String(entity.id)]));
}

/** A security group as Graph answers one, with other or further fields. */
export function newGroup(id: string, displayName: string, fields: GraphObject = {}): GraphObject {
  return {
    id,
    displayName,
    description: null,
    groupTypes: [],
    mailEnabled: false,
    securityEnabled: true,
    membershipRule: null,
    ...fields,
  };
}

const ALL_DEVICES = 'adadadad-808e-44e2-905a-0b7873a8a531';
const ALL_USERS = 'acacacac-9df4-4c7d-9d50-4ef0226f57a9';

/**
 * An assignment's id in Intune's form: the ids of the policy and of the group, or of "all devices" or "all users".
 */
export function assignmentId(policyId: string, target: GraphObject): string {
  const type = String(target['@odata.type'] ?? '');
  const group = textOf(target, 'groupId') ?? (type.includes('allDevices') ? ALL_DEVICES : ALL_USERS);
  return `${policyId}_${group}`;
}
