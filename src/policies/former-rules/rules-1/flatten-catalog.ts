import { canonicalJson, type Json, type JsonObject } from '../../../ledger/canonical-json.js';

type Gathered = Map<string, string[]>;

/** Settings and groups of objects by their path, each with its values. */
export interface Flat1 {
  readonly settings: Gathered;
  readonly groups: Gathered;
}

/** Adds a value to those of a path. */
export function gather(map: Gathered, path: string, value: string): void {
  const values = map.get(path);
  if (values) values.push(value);
  else map.set(path, [value]);
}

/** Flattens a settings catalog policy as rules 1 did. */
export function flattenCatalog(rows: readonly JsonObject[], flat: Flat1): void {
  for (const row of rows) {
    const instance = objectAt(row, 'settingInstance');
    if (instance) flattenInstance(instance, '', flat);
  }
}

function flattenInstance(instance: JsonObject, parent: string, flat: Flat1): void {
  const id = String(instance.settingDefinitionId ?? '');
  const path = parent === '' ? id : `${parent}/${id}`;
  const children = (value: JsonObject) => {
    for (const child of objectsAt(value, 'children')) flattenInstance(child, path, flat);
  };
  const { choices, simples, groups } = valuesOf(instance);
  for (const choice of choices) {
    gather(flat.settings, path, String(choice.value ?? 'null'));
    children(choice);
  }
  for (const simple of simples) gather(flat.settings, path, canonicalJson(simple.value ?? null));
  for (const group of groups) {
    children(group);
    gather(flat.groups, path, canonicalJson(childrenJson(group)));
  }
  if (choices.length + simples.length + groups.length > 0) return;
  const rest = Object.entries(instance).filter(
    ([key, value]) => !key.includes('@') && key !== 'settingInstanceTemplateReference' && !isEmpty(value),
  );
  const { settingDefinitionId: _id, ...others } = Object.fromEntries(rest);
  gather(flat.settings, path, canonicalJson(Object.keys(others).length === 0 ? [] : others));
}

function valuesOf(instance: JsonObject) {
  return {
    choices: valuesAt(instance, 'choiceSettingValue', 'choiceSettingCollectionValue'),
    simples: valuesAt(instance, 'simpleSettingValue', 'simpleSettingCollectionValue'),
    groups: valuesAt(instance, 'groupSettingValue', 'groupSettingCollectionValue'),
  };
}

function childrenJson(value: JsonObject): Json {
  return inOrder(objectsAt(value, 'children').map(instanceJson));
}

function instanceJson(instance: JsonObject): Json {
  const { choices, simples, groups } = valuesOf(instance);
  const values = [
    ...choices.map((choice): Json => [choice.value ?? null, childrenJson(choice)]),
    ...simples.map((simple) => simple.value ?? null),
    ...groups.map(childrenJson),
  ];
  return [String(instance.settingDefinitionId ?? ''), ...inOrder(values)];
}

function inOrder(values: readonly Json[]): Json[] {
  return values
    .map((value) => ({ value, key: canonicalJson(value) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ value }) => value);
}

function isEmpty(value: Json): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

function valuesAt(instance: JsonObject, single: string, collection: string): JsonObject[] {
  const one = objectAt(instance, single);
  return [...(one ? [one] : []), ...objectsAt(instance, collection)];
}

function objectAt(object: JsonObject, key: string): JsonObject | null {
  const value = object[key];
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : null;
}

function objectsAt(object: JsonObject, key: string): JsonObject[] {
  const value = object[key];
  if (!Array.isArray(value)) return [];
  return value.filter(
    (entry): entry is JsonObject => entry !== null && typeof entry === 'object' && !Array.isArray(entry),
  );
}
