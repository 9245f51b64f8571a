import type { Json, JsonObject } from '../ledger/canonical-json.js';
import { childrenOf, type PolicyType } from './catalogue/policy-types.js';
import { comparisonKey, NOTE_PREFIX } from './comparable-form.js';
import { isDeclaredType } from './declared-types.js';
import { isDefinition, isIgnored, isMicrosofts } from './ignored-fields.js';
import { isOrderedList } from './ordered-lists.js';
import type { PolicyDocument } from './policy-document.js';
import { decidedRows } from './row-decisions.js';
import { holdsSecret, withholdsSecret } from './secret-fields.js';

/** Marks a normalised object whose `value` is a secret. */
export const SECRET_NOTE = `${NOTE_PREFIX}secret`;
/** Marks a normalised object whose secret `value` Graph withholds. */
export const WITHHELD_NOTE = `${NOTE_PREFIX}withheld`;
/** Holds Microsoft's name of a definition; it is shown to people, and secrets are recognised by it. */
export const LABEL_NOTE = `${NOTE_PREFIX}label`;

/** Digits of an integer that JSON.parse could round. */
const LONG_INTEGER = /\d{16}/;
const BOUND_ID = /\('([^']+)'\)$/;

/**
 * The policy as it is compared: without ignored fields and annotations (an `@odata.type` with a meaning is kept),
 * its sets sorted and without duplicate simple values. The rows of the content sub-resource are under its name.
 * Of lists that the service maintains, only what people decided is kept. Assignments are left out, because they are
 * compared separately. Values are as Graph answered them.
 */
export function normalizePolicy(type: PolicyType, document: PolicyDocument): JsonObject {
  const { raw, settings, attached = {} } = document;
  const own = Object.entries(raw).filter(([field]) => !isMicrosofts(type, raw, field));
  const whole: JsonObject = Object.fromEntries(own);
  if (type.content && settings)
    whole[type.content.name] = type.name === 'intents' ? settings.map(intentRow) : [...settings];
  for (const { name, decisions } of childrenOf(type, raw)) {
    const rows = attached[name] ?? [];
    whole[name] = decisions === null ? [...rows] : [...decidedRows(decisions, rows, raw)];
  }
  return normalizeObject(type, whole, null);
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

function normalizeObject(type: PolicyType, object: JsonObject, parent: string | null): JsonObject {
  const entries = Object.entries(object)
    .filter(([key, value]) => !isIgnored(type, key, parent) && carriesMeaning(key, value, parent))
    .map(([key, value]): [string, Json] => [key, normalizeField(type, key, value, parent)]);
  if (parent === 'definitionValues' && !object.definition) entries.push(...boundDefinition(object));
  // The fields that mark the secret are ignored below, so a note replaces them.
  if (parent !== null && holdsSecret(object)) entries.push([SECRET_NOTE, true]);
  if (parent !== null && withholdsSecret(object)) entries.push([WITHHELD_NOTE, true]);
  // Object.fromEntries keeps a key of `__proto__`, which an assignment would lose.
  return Object.fromEntries(entries);
}

/** Annotations carry no meaning, except for the type of an object that can have several types. */
function carriesMeaning(key: string, value: Json, parent: string | null): boolean {
  if (key === '@odata.type')
    return parent !== 'settings' && typeof value === 'string' && !isDeclaredType(value);
  return !key.includes('@odata.') && !key.startsWith('#');
}

function normalizeField(type: PolicyType, key: string, value: Json, parent: string | null): Json {
  if (!isDefinition(key, parent)) return normalizeValue(type, value, key, parent);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  const label = value.displayName ?? value.label ?? null;
  return { id: value.id ?? null, [LABEL_NOTE]: typeof label === 'string' ? label : null };
}

/** The definition of a row that names it only by its address, as exports may do. */
function boundDefinition(object: JsonObject): [string, Json][] {
  const address = object['definition@odata.bind'];
  const id = typeof address === 'string' ? BOUND_ID.exec(address)?.[1] : undefined;
  return id === undefined ? [] : [['definition', { id }]];
}

function normalizeValue(type: PolicyType, value: Json, name: string, parent: string | null): Json {
  if (Array.isArray(value)) return normalizeList(type, value, name, parent);
  if (value === null || typeof value !== 'object') return value;
  return normalizeObject(type, value, name);
}

function normalizeList(type: PolicyType, list: readonly Json[], name: string, parent: string | null): Json[] {
  const normal = list.map((entry) => normalizeValue(type, entry, name, parent));
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
