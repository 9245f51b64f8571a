import { canonicalJson, type Json, type JsonObject } from '../ledger/canonical-json.js';
import { meaningOf } from './meaning.js';

const NO_FILTER = '00000000-0000-0000-0000-000000000000';

/**
 * An assignment in the parts that decide something: everything but its own ids, annotations and what is null or
 * says the default. `target.type` and `runSchedule.type` are the names of Graph's types.
 */
export type Assignment = JsonObject;

/** Ids of the assignment itself and of what made it. */
const OWN_IDS: ReadonlySet<string> = new Set(['id', 'sourceId']);
const TYPE = '@odata.type';

/**
 * A policy's assignments as a set: sorted, each once. Graph's answers to the same assignments differ in order,
 * in ids, in what they leave out (a missing `groupId`, a filter type of `none`) and in the case of GUIDs.
 */
export function normalizeAssignments(assignments: readonly JsonObject[]): readonly Assignment[] {
  const byKey = new Map(
    assignments.map(normalizeAssignment).map((assignment) => [canonicalJson(assignment), assignment]),
  );
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, assignment]) => assignment);
}

function normalizeAssignment(assignment: JsonObject): Assignment {
  const kept = Object.entries(assignment).filter(
    ([field, value]) => !OWN_IDS.has(field) && !(field === 'source' && value === 'direct'),
  );
  const { [TYPE]: _type, target, ...rest } = Object.fromEntries(kept);
  const normal = { ...rest, target: withoutEmptyFilter(target ?? null) };
  const meaning = meaningOf(withTypes(normal), '');
  return isObject(meaning) ? meaning : {};
}

/** A filter of type `none`, or with an id of zeros, is no filter. */
function withoutEmptyFilter(target: Json): Json {
  if (!isObject(target)) return target;
  const {
    deviceAndAppManagementAssignmentFilterId: filterId,
    deviceAndAppManagementAssignmentFilterType: filterType,
    ...rest
  } = target;
  const filtered = typeof filterId === 'string' && filterId !== '' && filterId !== NO_FILTER;
  return filtered ? { ...rest, filterId: filterId.toLowerCase(), filterType: filterType ?? null } : rest;
}

/** Annotations go; the type of a part that could be of several stays as `type`, without its namespace. */
function withTypes(value: Json): Json {
  if (Array.isArray(value)) return inOneOrder(value.map(withTypes));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).flatMap(([field, inner]): [string, Json][] => {
    if (field === TYPE) return [['type', String(inner ?? '').replace(/^#?microsoft\.graph\./, '')]];
    return field.includes('@odata.') || field.startsWith('#') ? [] : [[field, withTypes(inner)]];
  });
  return Object.fromEntries(entries);
}

/** Lists inside an assignment are sets. */
function inOneOrder(list: readonly Json[]): Json[] {
  const keyed = list.map((entry) => ({ entry, key: canonicalJson(entry) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ entry }) => entry);
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== undefined && value !== null && typeof value === 'object' && !Array.isArray(value);
}
