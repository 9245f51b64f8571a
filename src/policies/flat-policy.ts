import { MASKED_VALUE } from './secret-fields.js';

/** One value: a key for comparing it, and a text for showing it. */
export interface FlatValue {
  /** Equal for values with the same meaning; null when nothing is set. Secrets are not masked. */
  readonly key: string | null;
  /** Canonical JSON, or the id of a settings catalog choice. Secrets are masked only by `shownValues`. */
  readonly shown: string;
}

/** The values at one place of a policy. */
export interface FlatSetting {
  /** Graph's own names on the way to the place. */
  readonly path: string;
  /** Sorted by their keys, or in their own order when the order has a meaning. */
  readonly values: readonly FlatValue[];
  readonly ordered: boolean;
  readonly secret: boolean;
  /** Whether the place counts as set even without a value, as a row of the settings catalog does. */
  readonly present: boolean;
}

/** A flattened policy: every setting by its place. */
export interface FlatPolicy {
  readonly settings: ReadonlyMap<string, FlatSetting>;
  /**
   * The lists of objects, each object as one text. When two firewall rules swap their ports, the values at each
   * place stay the same, and only this map shows the change.
   */
  readonly groups: ReadonlyMap<string, FlatSetting>;
  /** The labels that Microsoft or the tenant gives to places, by path. */
  readonly labels: ReadonlyMap<string, string>;
  /** Paths of secrets that Graph withholds, so that their changes can't be seen. */
  readonly withheld: readonly string[];
}

/** A place of a policy: `key` identifies it in both policies, `path` is shown to people. */
export interface SettingPlace {
  readonly key: string;
  readonly path: string;
}

/** Collects settings while a policy is traversed. */
export interface FlatPolicyBuilder {
  add(place: SettingPlace, value: FlatValue, secret: boolean): void;
  /** Adds a list whose order counts. */
  addOrdered(place: SettingPlace, values: readonly FlatValue[], secret: boolean): void;
  /** Notes that a place exists; with `present` it counts as set even without a value. */
  touch(place: SettingPlace, present: boolean): void;
  /** Adds the objects of one list. */
  addGroup(place: SettingPlace, elements: readonly FlatValue[], ordered: boolean): void;
  label(path: string, label: string): void;
  withhold(path: string): void;
  build(): FlatPolicy;
}

interface Gathered {
  readonly path: string;
  readonly unordered: FlatValue[];
  readonly orderedLists: (readonly FlatValue[])[];
  secret: boolean;
  present: boolean;
}

export function createFlatPolicyBuilder(): FlatPolicyBuilder {
  const settings = new Map<string, Gathered>();
  const groups = new Map<string, Gathered>();
  const labels = new Map<string, string>();
  const withheld = new Set<string>();
  const at = (map: Map<string, Gathered>, { key, path }: SettingPlace): Gathered => {
    const found = map.get(key) ?? { path, unordered: [], orderedLists: [], secret: false, present: false };
    map.set(key, found);
    return found;
  };
  return {
    add(place, value, secret) {
      const gathered = at(settings, place);
      gathered.unordered.push(value);
      gathered.secret ||= secret;
    },
    addOrdered(place, values, secret) {
      const gathered = at(settings, place);
      if (values.length > 0) gathered.orderedLists.push(values);
      gathered.secret ||= secret;
    },
    touch(place, present) {
      at(settings, place).present ||= present;
    },
    addGroup(place, elements, ordered) {
      if (ordered) at(groups, place).orderedLists.push(elements);
      else at(groups, place).unordered.push(...elements);
    },
    label: (path, label) => void labels.set(path, label),
    withhold: (path) => void withheld.add(path),
    build: () => ({
      settings: built(settings),
      groups: built(groups),
      labels,
      withheld: [...withheld].sort(),
    }),
  };
}

function built(map: ReadonlyMap<string, Gathered>): Map<string, FlatSetting> {
  const entries = [...map].map(([key, gathered]): [string, FlatSetting] => [key, settingOf(gathered)]);
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A single ordered list keeps its order. Several ordered lists at one place become its values, each as one text. */
function settingOf({ path, unordered, orderedLists, secret, present }: Gathered): FlatSetting {
  const [only] = orderedLists;
  if (only && orderedLists.length === 1 && unordered.length === 0)
    return { path, values: only, ordered: true, secret, present };
  const values = [...unordered, ...orderedLists.map(joined)].sort(byKey);
  return { path, values, ordered: false, secret, present };
}

function joined(list: readonly FlatValue[]): FlatValue {
  const set = list.some(({ key }) => key !== null);
  return {
    key: set ? `[${list.map(({ key }) => key).join(',')}]` : null,
    shown: `[${list.map(({ shown }) => shown).join(',')}]`,
  };
}

function byKey(a: FlatValue, b: FlatValue): number {
  const [one, other] = [a.key ?? '', b.key ?? ''];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The values as they may be shown. An unset secret isn't masked. */
export function shownValues(setting: FlatSetting): readonly string[] {
  return setting.values.map(({ key, shown }) => (setting.secret && key !== null ? MASKED_VALUE : shown));
}

/** Whether nothing is set: null, an empty text, an empty list and a missing field all mean "not configured". */
export function isUnset(setting: FlatSetting | undefined): boolean {
  return setting === undefined || (!setting.present && setting.values.every(({ key }) => key === null));
}

/** The keys that two settings at one place are compared by. */
export function comparedKeys({ values, ordered }: FlatSetting): readonly (string | null)[] {
  const set = values.some(({ key }) => key !== null);
  if (!set) return [];
  // An empty line between two others counts, because it is part of their order.
  return values.map(({ key }) => key).filter((key) => ordered || key !== null);
}
