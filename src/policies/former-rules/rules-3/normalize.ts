import type { Json, JsonObject } from '../../../ledger/canonical-json.js';
import type { PolicyType } from '../../catalogue/policy-types.js';
import type { PolicyDocument } from '../../policy-document.js';
import { comparisonKey } from './comparable-form.js';
import { isDeclaredType, isDefinition, isIgnored, isOfGlobalScript } from './ignored-fields.js';
import { isOrderedList } from './ordered-lists.js';

const LONG_INTEGER = /\d{16}/;
const BOUND_ID = /\('([^']+)'\)$/;

/** Child collections that inventories read until rules 4. */
const CHILDREN: ReadonlyMap<string, readonly string[]> = new Map([
  ['roleDefinitions', ['roleAssignments']],
  ['notificationMessageTemplates', ['localizedNotificationMessages']],
]);

/** The policy as rules 3 compared it. */
export function normalizePolicy(type: PolicyType, document: PolicyDocument): JsonObject {
  const { raw, settings, attached = {} } = document;
  const own = Object.entries(raw).filter(([field]) => !isOfGlobalScript(raw, field));
  const whole: JsonObject = Object.fromEntries(own);
  if (type.content && settings)
    whole[type.content.name] = type.name === 'intents' ? settings.map(intentRow) : [...settings];
  for (const name of CHILDREN.get(type.name) ?? []) whole[name] = [...(attached[name] ?? [])];
  return normalizeObject(type.name, whole, null);
}

/** The row of an intent with its `valueJson` parsed. `value` repeats it and is left out. */
function intentRow(row: JsonObject): JsonObject {
  const { valueJson, value, ...rest } = row;
  if (typeof valueJson !== 'string' || LONG_INTEGER.test(valueJson)) return row;
  try {
    const parsed = JSON.parse(valueJson) as Json;
    return { ...rest, valueJson: parsed === null ? (value ?? null) : parsed };
  } catch {
    return row;
  }
}

function normalizeObject(policyType: string, object: JsonObject, parent: string | null): JsonObject {
  const entries = Object.entries(object)
    .filter(([key, value]) => !isIgnored(policyType, key, parent) && carriesMeaning(key, value, parent))
    .map(([key, value]): [string, Json] => [key, normalizeField(policyType, key, value, parent)]);
  if (parent === 'definitionValues' && !object.definition) entries.push(...boundDefinition(object));
  // Object.fromEntries keeps a key of `__proto__`, which an assignment would lose.
  return Object.fromEntries(entries);
}

function carriesMeaning(key: string, value: Json, parent: string | null): boolean {
  if (key === '@odata.type')
    return parent !== 'settings' && typeof value === 'string' && !isDeclaredType(value);
  return !key.includes('@odata.') && !key.startsWith('#');
}

function normalizeField(policyType: string, key: string, value: Json, parent: string | null): Json {
  if (!isDefinition(key, parent)) return normalizeValue(policyType, value, key, parent);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  return { id: value.id ?? null };
}

/** The definition of a row that names it only by its address. */
function boundDefinition(object: JsonObject): [string, Json][] {
  const address = object['definition@odata.bind'];
  const id = typeof address === 'string' ? BOUND_ID.exec(address)?.[1] : undefined;
  return id === undefined ? [] : [['definition', { id }]];
}

function normalizeValue(policyType: string, value: Json, name: string, parent: string | null): Json {
  if (Array.isArray(value)) return normalizeList(policyType, value, name, parent);
  if (value === null || typeof value !== 'object') return value;
  return normalizeObject(policyType, value, name);
}

function normalizeList(
  policyType: string,
  list: readonly Json[],
  name: string,
  parent: string | null,
): Json[] {
  const normal = list.map((entry) => normalizeValue(policyType, entry, name, parent));
  if (isOrderedList(name, parent)) return normal;
  const keyed = normal.map((entry) => ({ entry, key: comparisonKey(entry, name) ?? '' }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  // Equal objects may both count, such as two equal firewall rules; equal simple values count once.
  return keyed
    .filter(({ entry, key }, index) => isObject(entry) || key !== keyed[index - 1]?.key)
    .map(({ entry }) => entry);
}

function isObject(value: Json): boolean {
  return value !== null && typeof value === 'object';
}
