import { canonicalJson, type Json, type JsonObject } from '../../../ledger/canonical-json.js';
import type { PolicyType } from '../../catalogue/policy-types.js';
import type { PolicyDocument } from '../../policy-document.js';
import { type Flat1, flattenCatalog, gather } from './flatten-catalog.js';
import { isOrderedList, normalizePolicy, SECRET_MARK } from './normalize.js';

const KEY_OF_LIST: ReadonlyMap<string, (entry: JsonObject) => Json | undefined> = new Map<
  string,
  (entry: JsonObject) => Json | undefined
>([
  ['omaSettings', (entry) => entry.omaUri],
  ['settings', (entry) => entry.definitionId],
  ['definitionValues', (entry) => fieldOf(entry.definition, 'id')],
  ['presentationValues', (entry) => fieldOf(entry.presentation, 'id')],
]);

/** Flattens a policy as rules 1 did. */
export function flattenPolicy(type: PolicyType, document: PolicyDocument): Flat1 {
  const flat: Flat1 = { settings: new Map(), groups: new Map() };
  const isCatalog = type.content?.countField === 'settingCount';
  const normal = normalizePolicy(type, isCatalog ? { ...document, settings: null } : document);
  if (isCatalog) flattenCatalog(document.settings ?? [], flat);
  for (const [key, value] of Object.entries(normal)) {
    if (key === type.nameField || (isCatalog && key === 'settings')) continue;
    if (key === '@odata.type' && type.nameField === 'name') continue;
    flattenValue(key, key, value, flat);
  }
  return flat;
}

function flattenValue(path: string, name: string, value: Json, flat: Flat1): void {
  if (Array.isArray(value)) flattenList(path, name, value, flat);
  else if (isObject(value)) {
    for (const [key, inner] of Object.entries(value))
      if (key !== SECRET_MARK) flattenValue(`${path}/${key}`, key, inner, flat);
  } else gather(flat.settings, path, canonicalJson(value));
}

function flattenList(path: string, name: string, list: readonly Json[], flat: Flat1): void {
  for (const [index, entry] of list.entries()) {
    const key = isObject(entry) ? KEY_OF_LIST.get(name)?.(entry) : undefined;
    if (typeof key === 'string') flattenValue(`${path}/${key}`, name, entry, flat);
    else if (isOrderedList(name)) flattenValue(`${path}/${index}`, name, entry, flat);
    else {
      flattenValue(path, name, entry, flat);
      if (isObject(entry)) gather(flat.groups, path, canonicalJson(entry));
    }
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== undefined && value !== null && typeof value === 'object' && !Array.isArray(value);
}

function fieldOf(value: Json | undefined, field: string): Json | undefined {
  return isObject(value) ? value[field] : undefined;
}
