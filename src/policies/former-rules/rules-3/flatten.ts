import { canonicalJson, type Json, type JsonObject } from '../../../ledger/canonical-json.js';
import { linkNamesOf, type PolicyType } from '../../catalogue/policy-types.js';
import type { PolicyDocument } from '../../policy-document.js';
import { comparisonKey, NOTE_PREFIX } from './comparable-form.js';
import { flattenCatalog } from './flatten-catalog.js';
import { at, type Flat3 } from './gathered.js';
import { normalizePolicy } from './normalize.js';
import { isOrderedList } from './ordered-lists.js';

/** Lists whose entries have a name, which then becomes part of the path. */
const KEY_OF_LIST: ReadonlyMap<string, (entry: JsonObject) => Json | undefined> = new Map<
  string,
  (entry: JsonObject) => Json | undefined
>([
  ['omaSettings', (entry) => entry.omaUri],
  ['settings', (entry) => lowerCase(entry.definitionId)],
  ['definitionValues', (entry) => lowerCase(fieldOf(entry.definition, 'id'))],
  ['presentationValues', (entry) => lowerCase(fieldOf(entry.presentation, 'id'))],
]);

/** The present position of the traversal: the path, the field with the value, and the field around that. */
interface Position {
  readonly path: string;
  readonly field: string;
  readonly parent: string | null;
}

/** Flattens a policy as rules 3 did. */
export function flattenPolicy(type: PolicyType, document: PolicyDocument): Flat3 {
  const flat: Flat3 = { settings: new Map(), groups: new Map() };
  const isCatalog = type.content?.countField === 'settingCount';
  const normal = normalizePolicy(type, isCatalog ? { ...document, settings: null } : document);
  if (isCatalog) flattenCatalog(document.settings ?? [], flat);
  for (const [field, value] of Object.entries(normal)) {
    if (field === type.nameField || (isCatalog && field === 'settings')) continue;
    if (field === '@odata.type' && type.nameField === 'name') continue;
    flattenValue({ path: field, field, parent: null }, value, flat);
  }
  flattenLinks(type, document, flat);
  return flat;
}

/** A link was compared by the id of the linked object. */
function flattenLinks(type: PolicyType, { raw, attached = {} }: PolicyDocument, { settings }: Flat3): void {
  for (const name of linkNamesOf(type, raw)) {
    for (const row of attached[name] ?? []) {
      const key = typeof row.id === 'string' ? JSON.stringify(row.id.toLowerCase()) : canonicalJson(row);
      at(settings, name).unordered.push(key);
    }
  }
}

function flattenValue(position: Position, value: Json, flat: Flat3): void {
  if (Array.isArray(value)) flattenList(position, value, flat);
  else if (isObject(value)) flattenObject(position, value, flat);
  else at(flat.settings, position.path).unordered.push(comparisonKey(value, position.field));
}

function flattenObject({ path, field: parent }: Position, object: JsonObject, flat: Flat3): void {
  for (const [field, value] of Object.entries(object))
    if (!field.startsWith(NOTE_PREFIX))
      flattenValue({ path: `${path}/${field}`, field, parent }, value, flat);
}

function flattenList(position: Position, list: readonly Json[], flat: Flat3): void {
  const { path, field, parent } = position;
  if (isOrderedList(field, parent)) flattenOrdered(position, list, flat);
  else
    for (const entry of list) {
      const key = isObject(entry) ? KEY_OF_LIST.get(field)?.(entry) : undefined;
      const inner = typeof key === 'string' ? `${path}/${key}` : path;
      flattenValue({ ...position, path: inner }, entry, flat);
      if (isObject(entry)) at(flat.groups, inner).unordered.push(comparisonKey(entry, field));
    }
}

function flattenOrdered(position: Position, list: readonly Json[], flat: Flat3): void {
  const { path, field } = position;
  const keys = list.map((entry) => comparisonKey(entry, field));
  if (list.some(isObject)) {
    for (const entry of list) flattenValue(position, entry, flat);
    at(flat.groups, path).lists.push(keys);
  } else if (keys.length > 0) at(flat.settings, path).lists.push(keys);
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== undefined && value !== null && typeof value === 'object' && !Array.isArray(value);
}

function fieldOf(value: Json | undefined, field: string): Json | undefined {
  return isObject(value) ? value[field] : undefined;
}

function lowerCase(value: Json | undefined): Json | undefined {
  return typeof value === 'string' ? value.toLowerCase() : value;
}
