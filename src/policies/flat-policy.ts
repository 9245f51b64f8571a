import { MASKED_VALUE } from './secret-fields.js';

/** One value: what it is compared by, and how it is written where it may be shown. */
export interface FlatValue {
  /** Equal for equal meanings; null where nothing is set. Real values, secrets too. */
  readonly key: string | null;
  /** Canonical JSON, or a settings catalog choice's own id. Real values, secrets too, unless `secret` is masked. */
  readonly shown: string;
}

/** What stands at one place of a policy. */
export interface FlatSetting {
  /** The place in the words of Graph. */
  readonly path: string;
  /** By their keys, or in their own order where that is part of what they say. */
  readonly values: readonly FlatValue[];
  readonly ordered: boolean;
  readonly secret: boolean;
  /** The place counts as set even without a value, as a row of the settings catalog does. */
  readonly present: boolean;
}

/** A policy laid flat: every setting by its place. */
export interface FlatPolicy {
  readonly settings: ReadonlyMap<string, FlatSetting>;
  /**
   * The lists of objects among them, each object as one text. Two firewall rules that swap their ports leave
   * every place's values as they were; only here does it show.
   */
  readonly groups: ReadonlyMap<string, FlatSetting>;
  /** What Microsoft or the tenant calls a place, by its path. */
  readonly labels: ReadonlyMap<string, string>;
  /** Paths of secrets that Graph withholds, so that a change of them can't be seen. */
  readonly withheld: readonly string[];
}

/** A place of a policy: `key` finds it again, `path` is how it is shown. */
export interface Place {
  readonly key: string;
  readonly path: string;
}

/** Gathers settings while a policy is walked. */
export interface FlatPolicyBuilder {
  add(place: Place, value: FlatValue, secret: boolean): void;
  /** A list whose order counts. */
  addOrdered(place: Place, values: readonly FlatValue[], secret: boolean): void;
  /** Notes that a place exists; `present` makes it count as set even without a value. */
  touch(place: Place, present: boolean): void;
  /** The objects of one list. */
  addGroup(place: Place, elements: readonly FlatValue[], ordered: boolean): void;
  label(path: string, label: string): void;
  withhold(path: string): void;
  build(): FlatPolicy;
}

interface Gathered {
  readonly path: string;
  readonly loose: FlatValue[];
  readonly lists: (readonly FlatValue[])[];
  secret: boolean;
  present: boolean;
}

export function createFlatPolicyBuilder(): FlatPolicyBuilder {
  const settings = new Map<string, Gathered>();
  const groups = new Map<string, Gathered>();
  const labels = new Map<string, string>();
  const withheld = new Set<string>();
  const at = (map: Map<string, Gathered>, { key, path }: Place): Gathered => {
    const found = map.get(key) ?? { path, loose: [], lists: [], secret: false, present: false };
    map.set(key, found);
    return found;
  };
  return {
    add(place, value, secret) {
      const gathered = at(settings, place);
      gathered.loose.push(value);
      gathered.secret ||= secret;
    },
    addOrdered(place, values, secret) {
      const gathered = at(settings, place);
      if (values.length > 0) gathered.lists.push(values);
      gathered.secret ||= secret;
    },
    touch(place, present) {
      at(settings, place).present ||= present;
    },
    addGroup(place, elements, ordered) {
      if (ordered) at(groups, place).lists.push(elements);
      else at(groups, place).loose.push(...elements);
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

/** One ordered list stays a list; several at one place are values of it, each as one text. */
function settingOf({ path, loose, lists, secret, present }: Gathered): FlatSetting {
  const [only] = lists;
  if (only && lists.length === 1 && loose.length === 0)
    return { path, values: only, ordered: true, secret, present };
  const values = [...loose, ...lists.map(joined)].sort(byKey);
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

/** The values as they may be shown; that nothing is set is no secret. */
export function shownValues(setting: FlatSetting): readonly string[] {
  return setting.values.map(({ key, shown }) => (setting.secret && key !== null ? MASKED_VALUE : shown));
}

/** Whether nothing is set there: null, an empty text or list, and a missing field alike are not configured. */
export function isUnset(setting: FlatSetting | undefined): boolean {
  return setting === undefined || (!setting.present && setting.values.every(({ key }) => key === null));
}

/** What two settings at one place are compared by. */
export function comparedKeys({ values, ordered }: FlatSetting): readonly (string | null)[] {
  const set = values.some(({ key }) => key !== null);
  if (!set) return [];
  // An empty line between two others is part of their order.
  return values.map(({ key }) => key).filter((key) => ordered || key !== null);
}
