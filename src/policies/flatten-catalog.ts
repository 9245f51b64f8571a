import { canonicalJson, type Json, type JsonObject } from '../ledger/canonical-json.js';
import type { FlatPolicyBuilder } from './flat-policy.js';
import { holdsSecret, isSecretName } from './secret-fields.js';

/**
 * Lays the rows of a settings catalog policy flat: a path is the chain of `settingDefinitionId`s, joined by
 * `/`. A choice's value is its own id, every other value is canonical JSON.
 */
export function flattenCatalog(rows: readonly JsonObject[], flat: FlatPolicyBuilder): void {
  for (const row of rows) {
    const instance = objectAt(row, 'settingInstance');
    if (instance) flattenInstance(instance, '', flat);
  }
}

function flattenInstance(instance: JsonObject, parent: string, flat: FlatPolicyBuilder): void {
  const id = String(instance.settingDefinitionId ?? '');
  const path = parent === '' ? id : `${parent}/${id}`;
  const children = (value: JsonObject) => {
    for (const child of objectsAt(value, 'children')) flattenInstance(child, path, flat);
  };
  let known = false;
  for (const choice of valuesAt(instance, 'choiceSettingValue', 'choiceSettingCollectionValue')) {
    known = true;
    flat.add(path, String(choice.value ?? 'null'), false);
    children(choice);
  }
  for (const simple of valuesAt(instance, 'simpleSettingValue', 'simpleSettingCollectionValue')) {
    known = true;
    const value = simple.value ?? null;
    flat.add(path, canonicalJson(value), isSecret(id, simple, value));
  }
  for (const group of valuesAt(instance, 'groupSettingValue', 'groupSettingCollectionValue')) {
    known = true;
    children(group);
    const element = elementOf(group);
    flat.addGroup(path, element.json, element.secret);
  }
  if (known) return;
  // A kind of setting that this code doesn't know is compared whole rather than passed over.
  const rest = Object.entries(instance).filter(
    ([key, value]) => !key.includes('@') && key !== 'settingInstanceTemplateReference' && !isEmpty(value),
  );
  const { settingDefinitionId: _id, ...others } = Object.fromEntries(rest);
  // A collection configured to be empty is configured; its absence is another thing.
  const value = Object.keys(others).length === 0 ? [] : others;
  flat.add(path, canonicalJson(value), isSecretName(id));
}

/** One element of a group collection as JSON, children in any order. */
function elementOf(group: JsonObject): { readonly json: Json; readonly secret: boolean } {
  let secret = false;
  const instanceJson = (instance: JsonObject): Json => {
    const id = String(instance.settingDefinitionId ?? '');
    const choices = valuesAt(instance, 'choiceSettingValue', 'choiceSettingCollectionValue').map(
      (choice): Json => [choice.value ?? null, childrenJson(choice)],
    );
    const simples = valuesAt(instance, 'simpleSettingValue', 'simpleSettingCollectionValue').map((simple) => {
      const value = simple.value ?? null;
      secret ||= isSecret(id, simple, value);
      return value;
    });
    const groups = valuesAt(instance, 'groupSettingValue', 'groupSettingCollectionValue').map(childrenJson);
    return [id, ...inOrder([...choices, ...simples, ...groups])];
  };
  const childrenJson = (value: JsonObject): Json => inOrder(objectsAt(value, 'children').map(instanceJson));
  const json = childrenJson(group);
  return { json, secret };
}

function inOrder(values: readonly Json[]): Json[] {
  return values
    .map((value) => ({ value, key: canonicalJson(value) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ value }) => value);
}

function isSecret(id: string, simple: JsonObject, value: Json): boolean {
  return holdsSecret(simple) || (typeof value === 'string' && isSecretName(id));
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
