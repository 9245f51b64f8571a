import type { Json, JsonObject } from '../../../ledger/canonical-json.js';
import { comparisonKey } from './comparable-form.js';
import { at, type Flat3, type Key } from './gathered.js';
import { isOrderedList } from './ordered-lists.js';

/** What is made of choices and groups. Each is also a part of all that it lies in, and is made once. */
type Elements = Map<JsonObject, Json>;

/** Flattens the rows of a settings catalog policy as rules 3 did. */
export function flattenCatalog(rows: readonly JsonObject[], flat: Flat3): void {
  const elements: Elements = new Map();
  for (const row of rows) {
    const instance = objectAt(row, 'settingInstance');
    if (instance) flattenInstance(instance, null, flat, elements);
  }
}

function flattenInstance(instance: JsonObject, parent: string | null, flat: Flat3, elements: Elements): void {
  const id = definitionOf(instance);
  const place = (parent === null ? id : `${parent}/${id}`).toLowerCase();
  const children = (value: JsonObject) => {
    for (const child of objectsAt(value, 'children')) flattenInstance(child, place, flat, elements);
  };
  const setting = at(flat.settings, place);
  setting.present = true;
  const { choices, simples, groups, known } = valuesOf(instance);
  for (const choice of choices) {
    setting.unordered.push(choiceKey(choice));
    children(choice);
  }
  const keys = simples.map(simpleKey);
  if (!isOrderedList(id)) setting.unordered.push(...new Set(keys));
  else if (keys.length > 0) setting.lists.push(keys);
  for (const group of groups) children(group);
  const wholes = [
    ...choices.filter(hasChildren).map((choice) => choiceElement(choice, elements)),
    ...groups.map((group) => groupElement(group, elements)),
  ].map((element) => JSON.stringify(element));
  if (wholes.length > 0) {
    const group = at(flat.groups, place);
    if (isOrderedList(id)) group.lists.push(wholes);
    else group.unordered.push(...wholes);
  }
  if (!known) flattenUnknown(instance, place, flat);
}

/** A kind of setting that these rules didn't know was compared as one value. */
function flattenUnknown(instance: JsonObject, place: string, flat: Flat3): void {
  const rest = Object.entries(instance).filter(
    ([key]) =>
      !key.includes('@') && key !== 'settingInstanceTemplateReference' && key !== 'settingDefinitionId',
  );
  const key = comparisonKey(Object.fromEntries(rest), '');
  if (key !== null) at(flat.settings, place).unordered.push(key);
}

const choiceKey = ({ value }: JsonObject): Key =>
  typeof value === 'string' && value !== '' ? value.toLowerCase() : null;

/** Graph returned a handle in place of a withheld secret. */
const simpleKey = (simple: JsonObject): Key =>
  withholdsSecret(simple) ? '"[masked]"' : comparisonKey(simple.value ?? null, '');

function withholdsSecret({ valueState, isEncrypted, secretReferenceValueId }: JsonObject): boolean {
  if (valueState === 'encryptedValueToken' || isEncrypted === true) return true;
  return typeof secretReferenceValueId === 'string' && secretReferenceValueId !== '';
}

function choiceElement(choice: JsonObject, made: Elements): Json {
  return [choiceKey(choice), groupElement(choice, made)];
}

function groupElement(group: JsonObject, made: Elements): Json {
  const element =
    made.get(group) ?? inAnyOrder(objectsAt(group, 'children').map((child) => instanceElement(child, made)));
  made.set(group, element);
  return element;
}

function instanceElement(instance: JsonObject, made: Elements): Json {
  const id = definitionOf(instance);
  const { choices, simples, groups } = valuesOf(instance);
  const elements = [
    ...choices.map((choice) => choiceElement(choice, made)),
    ...simples.map(simpleKey),
    ...groups.map((group) => groupElement(group, made)),
  ];
  return [id.toLowerCase(), isOrderedList(id) ? elements : inAnyOrder(elements)];
}

function inAnyOrder(elements: readonly Json[]): Json {
  const keyed = elements.map((element) => ({ element, key: JSON.stringify(element) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map(({ element }) => element);
}

const definitionOf = (instance: JsonObject): string => String(instance.settingDefinitionId ?? '');
const hasChildren = (choice: JsonObject): boolean => objectsAt(choice, 'children').length > 0;

function valuesOf(instance: JsonObject) {
  const choices = valuesAt(instance, 'choiceSettingValue', 'choiceSettingCollectionValue');
  const simples = valuesAt(instance, 'simpleSettingValue', 'simpleSettingCollectionValue');
  const groups = valuesAt(instance, 'groupSettingValue', 'groupSettingCollectionValue');
  return { choices, simples, groups, known: choices.length + simples.length + groups.length > 0 };
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
