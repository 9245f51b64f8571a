import type { Json, JsonObject } from './canonical-json.js';

/** Whether a value is a JSON object; a list is none. */
export function isJsonObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** The object in a field; an empty one where the field holds none. */
export function objectAt(object: JsonObject, field: string): JsonObject {
  const value = object[field];
  return isJsonObject(value) ? value : {};
}

/** A copy of an object without some of its fields. */
export function withoutFields<Value = Json>(
  object: { readonly [field: string]: Value },
  fields: Iterable<string>,
): { [field: string]: Value } {
  const left = new Set(fields);
  return Object.fromEntries(Object.entries(object).filter(([field]) => !left.has(field)));
}

/** The objects in a list; none where the value is no list. */
export function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
