import { canonicalJson, type Json, type JsonObject } from '../ledger/canonical-json.js';
import { isJsonObject } from '../ledger/json-values.js';
import { comparableForm } from './comparable-form.js';

const NO_FILTER = '00000000-0000-0000-0000-000000000000';

/**
 * A normalised assignment: without its own ids, annotations, nulls and default values. `target.type` and
 * `runSchedule.type` are the names of Graph's types.
 */
export type Assignment = JsonObject;

/** Ids of the assignment itself and of its source. */
const OWN_IDS: ReadonlySet<string> = new Set(['id', 'sourceId']);
const TYPE = '@odata.type';

/**
 * A policy's assignments as a sorted set. For the same assignments, Graph's answers differ in order, in ids, in
 * omitted fields (a missing `groupId`, a filter type of `none`) and in the case of GUIDs.
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
  const form = comparableForm(withTypes(normal), '');
  return isJsonObject(form) ? form : {};
}

/** Removes a filter of type `none` or with an id of zeros, which filters nothing. */
function withoutEmptyFilter(target: Json): Json {
  if (!isJsonObject(target)) return target;
  const {
    deviceAndAppManagementAssignmentFilterId: filterId,
    deviceAndAppManagementAssignmentFilterType: filterType,
    ...rest
  } = target;
  const filtered = typeof filterId === 'string' && filterId !== '' && filterId !== NO_FILTER;
  return filtered ? { ...rest, filterId: filterId.toLowerCase(), filterType: filterType ?? null } : rest;
}

/** Removes annotations; the type of a part that can have several types is kept as `type`, without its namespace. */
function withTypes(value: Json): Json {
  if (Array.isArray(value)) return inOneOrder(value.map(withTypes));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).flatMap(([field, inner]): [string, Json][] => {
    if (field === TYPE) return [['type', String(inner ?? '').replace(/^#?microsoft\.graph\./, '')]];
    return field.includes('@odata.') || field.startsWith('#') ? [] : [[field, withTypes(inner)]];
  });
  return Object.fromEntries(entries);
}

/** Sorts a list, because lists inside an assignment are sets. */
function inOneOrder(list: readonly Json[]): Json[] {
  const keyed = list.map((entry) => ({ entry, key: canonicalJson(entry) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ entry }) => entry);
}
