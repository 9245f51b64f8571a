import { canonicalJson, type Json, type JsonObject } from '../ledger/canonical-json.js';
import { isJsonObject, objectsIn } from '../ledger/json-values.js';
import { comparisonKey } from './comparable-form.js';
import type { FlatPolicyBuilder, FlatValue, SettingPlace } from './flat-policy.js';
import { isOrderedList } from './ordered-lists.js';
import { holdsSecret, MASKED, namesSecretOrFile, withholdsSecret } from './secret-fields.js';

/**
 * Flattens the rows of a settings catalog policy. A path is the chain of `settingDefinitionId`s, joined by `/`.
 * The value of a choice is its id; every other value is canonical JSON. A row counts as set even without a value.
 */
export function flattenCatalog(rows: readonly JsonObject[], flat: FlatPolicyBuilder): void {
  const elements: Elements = new Map();
  for (const row of rows) {
    const { settingInstance } = row;
    if (isJsonObject(settingInstance)) flattenInstance(settingInstance, null, { flat, elements });
  }
}

/** The elements of choices and groups. Each is also part of every element around it, so it is made only once. */
type Elements = Map<JsonObject, Element>;

interface Flattening {
  readonly flat: FlatPolicyBuilder;
  readonly elements: Elements;
}

function flattenInstance(instance: JsonObject, parent: SettingPlace | null, flattening: Flattening): void {
  const { flat, elements } = flattening;
  const id = definitionOf(instance);
  const path = parent === null ? id : `${parent.path}/${id}`;
  const place = { key: path.toLowerCase(), path };
  const children = (value: JsonObject) => {
    for (const child of objectsIn(value.children)) flattenInstance(child, place, flattening);
  };
  flat.touch(place, true);
  const { choices, simples, groups, known } = valuesOf(instance);
  for (const choice of choices) {
    flat.add(place, choiceValue(choice), false);
    children(choice);
  }
  flattenSimples(id, place, simples, flat);
  for (const group of groups) children(group);
  // The children of a choice or group belong to it, so each choice or group is also one value as a whole.
  const wholes = [
    ...choices.filter(hasChildren).map((choice) => choiceElement(choice, elements)),
    ...groups.map((group) => groupElement(group, elements)),
  ];
  if (wholes.length > 0) flat.addGroup(place, wholes.map(flatElement), isOrderedList(id));
  if (!known) flattenUnknown(instance, place, flat);
}

function flattenSimples(
  id: string,
  place: SettingPlace,
  simples: readonly JsonObject[],
  flat: FlatPolicyBuilder,
): void {
  const secret = simples.some((simple) => isSecret(id, simple));
  if (simples.some(withholdsSecret)) flat.withhold(place.path);
  const values = simples.map(simpleValue);
  if (isOrderedList(id)) flat.addOrdered(place, values, secret);
  else for (const value of eachOnce(values)) flat.add(place, value, secret);
}

/** A kind of setting that this code doesn't know is compared as one value, so that its changes aren't missed. */
function flattenUnknown(instance: JsonObject, place: SettingPlace, flat: FlatPolicyBuilder): void {
  const rest = Object.entries(instance).filter(
    ([key]) =>
      !key.includes('@') && key !== 'settingInstanceTemplateReference' && key !== 'settingDefinitionId',
  );
  const value = Object.fromEntries(rest);
  const key = comparisonKey(value, '');
  if (key !== null)
    flat.add(place, { key, shown: canonicalJson(value) }, namesSecretOrFile(definitionOf(instance)));
}

const choiceValue = ({ value }: JsonObject): FlatValue => ({
  key: typeof value === 'string' && value !== '' ? value.toLowerCase() : null,
  shown: String(value ?? 'null'),
});

/** Graph returns a handle in place of a withheld secret, and the handle reveals nothing about the secret. */
const simpleValue = (simple: JsonObject): FlatValue => {
  const value = simple.value ?? null;
  if (withholdsSecret(simple)) return { key: canonicalJson(MASKED), shown: canonicalJson(MASKED) };
  return { key: comparisonKey(value, ''), shown: canonicalJson(value) };
};

/** A collection of simple values is a set. */
function eachOnce(values: readonly FlatValue[]): Iterable<FlatValue> {
  return new Map(values.map((value) => [value.key, value])).values();
}

/**
 * One element of a collection: its value for comparing and its value for showing, with children in a fixed order.
 * The value for comparing consists of lists and texts only, so its JSON is canonical.
 */
interface Element {
  readonly compared: Json;
  readonly shown: Json;
}

const flatElement = ({ compared, shown }: Element): FlatValue => ({
  key: JSON.stringify(compared),
  shown: canonicalJson(shown),
});

function choiceElement(choice: JsonObject, made: Elements): Element {
  const { key, shown } = choiceValue(choice);
  const inner = groupElement(choice, made);
  return { compared: [key, inner.compared], shown: [shown, inner.shown] };
}

function groupElement(group: JsonObject, made: Elements): Element {
  const element =
    made.get(group) ?? inAnyOrder(objectsIn(group.children).map((child) => instanceElement(child, made)));
  made.set(group, element);
  return element;
}

function instanceElement(instance: JsonObject, made: Elements): Element {
  const id = definitionOf(instance);
  const { choices, simples, groups } = valuesOf(instance);
  const simpleElements = simples.map((simple): Element => {
    const { key } = simpleValue(simple);
    return { compared: key, shown: isSecret(id, simple) ? MASKED : (simple.value ?? null) };
  });
  const elements = [
    ...choices.map((choice) => choiceElement(choice, made)),
    ...simpleElements,
    ...groups.map((group) => groupElement(group, made)),
  ];
  const { compared, shown } = isOrderedList(id) ? inOwnOrder(elements) : inAnyOrder(elements);
  return { compared: [id.toLowerCase(), compared], shown: [id, shown] };
}

const inOwnOrder = (elements: readonly Element[]): Element => ({
  compared: elements.map(({ compared }) => compared),
  shown: elements.map(({ shown }) => shown),
});

function inAnyOrder(elements: readonly Element[]): Element {
  if (elements.length < 2) return inOwnOrder(elements);
  const keyed = elements.map((element) => ({ element, key: JSON.stringify(element.compared) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return inOwnOrder(keyed.map(({ element }) => element));
}

function isSecret(id: string, simple: JsonObject): boolean {
  return holdsSecret(simple) || (typeof simple.value !== 'boolean' && namesSecretOrFile(id));
}

const definitionOf = (instance: JsonObject): string => String(instance.settingDefinitionId ?? '');
const hasChildren = (choice: JsonObject): boolean => objectsIn(choice.children).length > 0;

function valuesOf(instance: JsonObject) {
  const choices = valuesAt(instance, 'choiceSettingValue', 'choiceSettingCollectionValue');
  const simples = valuesAt(instance, 'simpleSettingValue', 'simpleSettingCollectionValue');
  const groups = valuesAt(instance, 'groupSettingValue', 'groupSettingCollectionValue');
  return { choices, simples, groups, known: choices.length + simples.length + groups.length > 0 };
}

function valuesAt(instance: JsonObject, single: string, collection: string): JsonObject[] {
  const one = instance[single];
  return [...(isJsonObject(one) ? [one] : []), ...objectsIn(instance[collection])];
}
