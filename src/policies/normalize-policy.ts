import { canonicalJson, type Json, type JsonObject } from '../ledger/canonical-json.js';
import { isDeclaredType } from './declared-types.js';
import type { PolicyDocument } from './policy-document.js';
import type { PolicyType } from './policy-types.js';
import { holdsSecret } from './secret-fields.js';
import { isVolatile } from './volatile-fields.js';

/** Lists whose order is meaning: priorities, and layouts that people see. Every other list is a set. */
const ORDERED_LISTS: ReadonlySet<string> = new Set([
  'homeScreenPages',
  'homeScreenDockIcons',
  'icons',
  'pages',
  'apps',
  'dnsSuffixes',
  'dnsSuffixSearchOrder',
  'selectedMobileAppIds',
]);

/** Stands in a normalised object whose `value` is a secret. */
export const SECRET_MARK = '@secret';

/** Whether the order of that list is part of what it says. */
export function isOrderedList(name: string): boolean {
  return ORDERED_LISTS.has(name);
}

/**
 * The policy as it is compared: without volatile fields and annotations (an `@odata.type` that carries meaning
 * stays), its sets sorted and each simple value in them once. The rows of the content sub-resource stand under
 * its name; assignments, which are compared apart, are left out.
 */
export function normalizePolicy(type: PolicyType, document: PolicyDocument): JsonObject {
  const whole: JsonObject = { ...document.raw };
  if (type.content && document.settings) whole[type.content.name] = [...document.settings];
  return normalizeObject(whole, null);
}

function normalizeObject(object: JsonObject, parent: string | null): JsonObject {
  const entries = Object.entries(object)
    .filter(([key, value]) => !isVolatile(key, parent) && carriesMeaning(key, value, parent))
    .map(([key, value]): [string, Json] => [key, normalizeValue(value, key)]);
  // The fields that say so are volatile themselves.
  if (parent !== null && holdsSecret(object)) entries.push([SECRET_MARK, true]);
  // Not by assignment, under which a key of `__proto__` would vanish.
  return Object.fromEntries(entries);
}

/** Annotations don't, except for the type of an object that could be of several. */
function carriesMeaning(key: string, value: Json, parent: string | null): boolean {
  if (key === '@odata.type')
    return parent !== 'settings' && typeof value === 'string' && !isDeclaredType(value);
  return !key.includes('@odata.') && !key.startsWith('#');
}

function normalizeValue(value: Json, name: string): Json {
  if (Array.isArray(value)) return normalizeList(value, name);
  if (value === null || typeof value !== 'object') return value;
  return normalizeObject(value, name);
}

function normalizeList(list: readonly Json[], name: string): Json[] {
  const normal = list.map((entry) => normalizeValue(entry, name));
  if (isOrderedList(name)) return normal;
  const keyed = normal.map((entry) => ({ entry, key: canonicalJson(entry) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  // Objects that are equal may both count (two equal firewall rules); equal simple values are one.
  return keyed
    .filter(({ entry, key }, index) => isObject(entry) || key !== keyed[index - 1]?.key)
    .map(({ entry }) => entry);
}

function isObject(value: Json): boolean {
  return value !== null && typeof value === 'object';
}
