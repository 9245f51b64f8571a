import type { Json, JsonObject } from '../../ledger/canonical-json.js';
import { isJsonObject } from '../../ledger/json-values.js';
import { derivedTypeOf, linkNamesOf, type PolicyType, readOnlyFieldsOf } from '../catalogue/policy-types.js';
import type { PolicyWriting } from '../catalogue/policy-writing.js';
import { isIgnored } from '../ignored-fields.js';
import type { PolicyDocument } from '../policy-document.js';

/**
 * A field's value as a request may hold it: without ids of rows, times, counts and annotations, which Graph sets.
 * The types of inner objects are kept.
 */
export function sendable(
  type: PolicyType,
  value: Json,
  field: string,
  sentAsId: readonly string[] = [],
): Json {
  if (Array.isArray(value)) return value.map((entry) => sendable(type, entry, field));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value)
    .filter(([key]) => isSent(key) && !isIgnored(type, key, field))
    .map(([key, inner]): [string, Json] => {
      const onlyId = sentAsId.includes(`${field}/${key}`) && isJsonObject(inner);
      return [key, onlyId ? { id: inner.id ?? null } : sendable(type, inner, key)];
    });
  return Object.fromEntries(entries);
}

/** The own fields that a create takes, with their values as a request may hold them. */
export function createFields(type: PolicyType, writing: PolicyWriting, raw: JsonObject): JsonObject {
  const { parts, computed, sentAsId, typed } = writing;
  const apart = new Set([
    ...readOnlyFieldsOf(type, writing, raw),
    ...computed,
    ...parts.filter(({ inCreate }) => !inCreate).map(({ name }) => name),
  ]);
  const links = new Set(linkNamesOf(type, raw));
  const entries = Object.entries(raw)
    .filter(([field]) => isSent(field) && !isIgnored(type, field, null))
    .filter(([field]) => !apart.has(field) && !links.has(field) && (typed || field !== '@odata.type'))
    .map(([field, value]): [string, Json] => [field, sendable(type, value, field, sentAsId)]);
  return Object.fromEntries(entries);
}

/** Path of the collection in which policies of this kind are written, below the API version. */
export function collectionPath(type: PolicyType, raw: JsonObject): string {
  return type.ownAddress?.collections[derivedTypeOf(raw)]?.path ?? type.path;
}

/** The rows of one of the policy's lists: an own field, or a child collection or link. */
export function listRows({ raw, attached = {} }: PolicyDocument, name: string): readonly JsonObject[] {
  const value = raw[name];
  return Array.isArray(value) ? value.filter(isJsonObject) : (attached[name] ?? []);
}

const isSent = (key: string): boolean =>
  key === '@odata.type' || (!key.includes('@odata.') && !key.startsWith('#'));
