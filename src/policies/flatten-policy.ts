import { canonicalJson, type Json, type JsonObject } from '../ledger/canonical-json.js';
import { isJsonObject } from '../ledger/json-values.js';
import { linkNamesOf, type PolicyType } from './catalogue/policy-types.js';
import { comparisonKey } from './comparable-form.js';
import {
  createFlatPolicyBuilder,
  type FlatPolicy,
  type FlatPolicyBuilder,
  type SettingPlace,
} from './flat-policy.js';
import { flattenCatalog } from './flatten-catalog.js';
import { maskedJson } from './masked-json.js';
import { LABEL_NOTE, normalizePolicy, WITHHELD_NOTE } from './normalize-policy.js';
import { inOneForm } from './one-form.js';
import { isOrderedList } from './ordered-lists.js';
import type { PolicyDocument } from './policy-document.js';
import { KEY_NOTE, TITLE_NOTE } from './row-decisions.js';
import { isSecretField, namesOf } from './secret-places.js';

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

/** The present position of the traversal. */
interface Position {
  readonly path: string;
  /** The field that holds the value, or the list with the value. */
  readonly field: string;
  /** The field that holds the surrounding object. */
  readonly parent: string | null;
  /** Names of the surrounding objects, by which a secret may be recognised. */
  readonly names: readonly string[];
  readonly secret: boolean;
}

/**
 * Flattens a policy. Settings of the settings catalog are found under their definition ids, everything else under
 * the path of its properties. The name is left out, because renaming is reported separately.
 */
export function flattenPolicy(type: PolicyType, document: PolicyDocument): FlatPolicy {
  return flattenAsWritten(type, inOneForm(type, document));
}

/** As `flattenPolicy`, of a policy whose values are compared in the form in which they are written. */
export function flattenAsWritten(type: PolicyType, document: PolicyDocument): FlatPolicy {
  const flat = createFlatPolicyBuilder();
  const isCatalog = type.content?.countField === 'settingCount';
  const normal = normalizePolicy(type, isCatalog ? { ...document, settings: null } : document);
  if (isCatalog) flattenCatalog(document.settings ?? [], flat);
  for (const [field, value] of Object.entries(normal)) {
    if (field === type.nameField || (isCatalog && field === 'settings')) continue;
    // The policy's own type has a meaning only when the type has derived types.
    if (field === '@odata.type' && type.nameField === 'name') continue;
    const secret = isSecretField(normal, field, []) || type.secretFields.includes(field);
    flattenValue({ path: field, field, parent: null, names: [], secret }, value, flat);
  }
  flattenLinks(type, document, flat);
  return flat.build();
}

/**
 * A link is compared by the id of the linked object. The object's content is compared where the object itself is
 * read.
 */
function flattenLinks(
  type: PolicyType,
  { raw, attached = {} }: PolicyDocument,
  flat: FlatPolicyBuilder,
): void {
  for (const name of linkNamesOf(type, raw)) {
    for (const row of attached[name] ?? []) {
      const id = typeof row.id === 'string' ? row.id : null;
      const shown = typeof row.displayName === 'string' ? `${row.displayName} (${id ?? 'no id'})` : id;
      const key = id === null ? canonicalJson(row) : JSON.stringify(id.toLowerCase());
      flat.add(placeOf({ path: name }), { key, shown: JSON.stringify(shown) }, false);
    }
  }
}

function flattenValue(position: Position, value: Json, flat: FlatPolicyBuilder): void {
  if (Array.isArray(value)) flattenList(position, value, flat);
  else if (isJsonObject(value)) flattenObject(position, value, flat);
  else flat.add(placeOf(position), flatValue(value, position), position.secret && typeof value !== 'boolean');
}

function flattenObject(position: Position, object: JsonObject, flat: FlatPolicyBuilder): void {
  const fields = Object.entries(object).filter(([field]) => !field.startsWith('@note.'));
  if (fields.length === 0) flat.touch(placeOf(position), false);
  if (object[WITHHELD_NOTE] === true) flat.withhold(`${position.path}/value`);
  const names = [...position.names, ...namesOf(object)];
  for (const [field, value] of fields) {
    if (field === 'id' && typeof value === 'string' && typeof object[TITLE_NOTE] === 'string') {
      const shown = JSON.stringify(`${object[TITLE_NOTE]} (${value})`);
      flat.add(placeOf({ path: `${position.path}/id` }), { key: comparisonKey(value, field), shown }, false);
      continue;
    }
    const secret = position.secret || isSecretField(object, field, position.names);
    const inner = { path: `${position.path}/${field}`, field, parent: position.field, names, secret };
    flattenValue(inner, value, flat);
  }
}

function flattenList(position: Position, list: readonly Json[], flat: FlatPolicyBuilder): void {
  if (list.length === 0) flat.touch(placeOf(position), false);
  if (isOrderedList(position.field, position.parent)) flattenOrdered(position, list, flat);
  else {
    const keyOf = KEY_OF_LIST.get(position.field);
    for (const entry of list) {
      const key = isJsonObject(entry) ? (entry[KEY_NOTE] ?? keyOf?.(entry)) : undefined;
      const path = typeof key === 'string' ? `${position.path}/${key}` : position.path;
      flattenValue({ ...position, path }, entry, flat);
      if (!isJsonObject(entry)) continue;
      if (typeof key === 'string') labelOf(path, entry, flat);
      flat.addGroup(placeOf({ path }), [groupElement(entry, position)], false);
    }
  }
}

function flattenOrdered(position: Position, list: readonly Json[], flat: FlatPolicyBuilder): void {
  const objects = list.filter(isJsonObject);
  if (objects.length === 0)
    flat.addOrdered(
      placeOf(position),
      list.map((entry) => flatValue(entry, position)),
      position.secret,
    );
  else {
    for (const entry of list) flattenValue(position, entry, flat);
    flat.addGroup(
      placeOf(position),
      list.map((entry) => groupElement(entry, position)),
      true,
    );
  }
}

const placeOf = ({ path }: { readonly path: string }): SettingPlace => ({ key: path, path });

function flatValue(value: Json, { field }: Position) {
  const shown = typeof value === 'string' ? JSON.stringify(value) : canonicalJson(value);
  return { key: comparisonKey(value, field), shown };
}

function groupElement(entry: Json, position: Position) {
  const shown = canonicalJson(maskedJson(entry, position.field, position.names, position.secret));
  return { key: comparisonKey(entry, position.field), shown };
}

function labelOf(path: string, entry: JsonObject, flat: FlatPolicyBuilder): void {
  const own =
    entry[TITLE_NOTE] ??
    fieldOf(entry.definition, LABEL_NOTE) ??
    fieldOf(entry.presentation, LABEL_NOTE) ??
    null;
  const label = own ?? entry.displayName;
  if (typeof label === 'string' && label !== '') flat.label(path, label);
}

function fieldOf(value: Json | undefined, field: string): Json | undefined {
  return isJsonObject(value) ? value[field] : undefined;
}

function lowerCase(value: Json | undefined): Json | undefined {
  return typeof value === 'string' ? value.toLowerCase() : value;
}
