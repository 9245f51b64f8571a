import type { JsonObject } from '../ledger/canonical-json.js';
import { type AssignmentChange, differencesOfAssignments } from './compare-assignments.js';
import { type DirectoryNames, NO_NAMES } from './directory-names.js';
import {
  comparedKeys,
  type FlatPolicy,
  type FlatSetting,
  type FlatValue,
  isUnset,
  shownValues,
} from './flat-policy.js';

export interface SettingAt {
  readonly path: string;
  /** The label that Microsoft or the tenant gives it, or null. */
  readonly label: string | null;
  /** Secrets are masked. */
  readonly values: readonly string[];
}

export interface SettingChange {
  readonly path: string;
  readonly label: string | null;
  /** All values before and after. Secrets are masked. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Values of only one of the two sides. */
  readonly removed: readonly string[];
  readonly added: readonly string[];
  /** The unchanged values are in another order, and their order has a meaning. */
  readonly reordered: boolean;
  readonly secret: boolean;
}

/** The differences between two states of a policy; each list is sorted by path. */
export interface SettingsDifference {
  readonly settingsAdded: readonly SettingAt[];
  readonly settingsRemoved: readonly SettingAt[];
  readonly settingsChanged: readonly SettingChange[];
  /** Paths of secrets that Graph withheld from one of the two, so that a change of them can't be seen. */
  readonly withheld: readonly string[];
}

export interface AssignmentsDifference {
  readonly assignmentsAdded: readonly string[];
  readonly assignmentsRemoved: readonly string[];
  /** Assignments to the same target whose other parts differ. */
  readonly assignmentsChanged: readonly AssignmentChange[];
}

/** Compares settings by path. A setting that is null on one side and missing on the other counts as unchanged. */
export function compareSettings(before: FlatPolicy, after: FlatPolicy): SettingsDifference {
  const settingsAdded: SettingAt[] = [];
  const settingsRemoved: SettingAt[] = [];
  const settingsChanged: SettingChange[] = [];
  const labelOf = (path: string) =>
    after.labels.get(path) ?? before.labels.get(path) ?? surroundingLabel(path);
  // A place without a label takes that of the nearest place around it, such as the setting around a text box.
  const surroundingLabel = (path: string): string | null => {
    const above = path.lastIndexOf('/');
    return above < 0 ? null : labelOf(path.slice(0, above));
  };
  const named: string[] = [];
  for (const key of keysOf(before.settings, after.settings)) {
    const was = before.settings.get(key);
    const is = after.settings.get(key);
    if ((isUnset(was) && isUnset(is)) || isSame(was, is)) continue;
    named.push(key);
    const path = (is ?? was)?.path ?? key;
    const label = labelOf(path);
    if (is && was) settingsChanged.push(changeOf(was, is, label));
    else if (is) settingsAdded.push({ path, label, values: shownValues(is) });
    else if (was) settingsRemoved.push({ path, label, values: shownValues(was) });
  }
  const regrouped = changedLists(before, after, named).map(([was, is]) =>
    changeOf(was, is, labelOf(is.path)),
  );
  return {
    settingsAdded: byPath(settingsAdded),
    settingsRemoved: byPath(settingsRemoved),
    settingsChanged: byPath(settingsChanged.concat(regrouped)),
    withheld: [...new Set([...before.withheld, ...after.withheld])].sort(),
  };
}

/** Compares assignments as sets. */
export function compareAssignments(
  before: readonly JsonObject[],
  after: readonly JsonObject[],
  names: DirectoryNames = NO_NAMES,
): AssignmentsDifference {
  const { added, removed, changed } = differencesOfAssignments(before, after, names);
  return { assignmentsAdded: added, assignmentsRemoved: removed, assignmentsChanged: changed };
}

function byPath<T extends { readonly path: string }>(list: readonly T[]): readonly T[] {
  return [...list].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/**
 * Lists of objects that differ although every path inside holds the same values as before, for example two rules that
 * swapped their ports; and lists whose order changed. They are reported at the list's own path. Innermost lists come
 * first, so that a change is reported at the innermost place.
 */
function changedLists(
  before: FlatPolicy,
  after: FlatPolicy,
  named: readonly string[],
): [FlatSetting, FlatSetting][] {
  const reported = new Set(named.flatMap(selfAndSurrounding));
  const regrouped: [FlatSetting, FlatSetting][] = [];
  for (const key of [...keysOf(before.groups, after.groups)].reverse()) {
    const was = before.groups.get(key);
    const is = after.groups.get(key);
    if ((isUnset(was) && isUnset(is)) || isSame(was, is)) continue;
    const pair: [FlatSetting, FlatSetting] = [was ?? emptyLike(is), is ?? emptyLike(was)];
    if (reported.has(key) && !isReordered(...pair)) continue;
    for (const above of selfAndSurrounding(key)) reported.add(above);
    regrouped.push(pair);
  }
  return regrouped;
}

function emptyLike(other: FlatSetting | undefined): FlatSetting {
  return { path: other?.path ?? '', values: [], ordered: false, secret: false, present: false };
}

/** A key and the keys of all objects around it. */
function selfAndSurrounding(key: string): string[] {
  const keys = [key];
  for (let end = key.lastIndexOf('/'); end > 0; end = key.lastIndexOf('/', end - 1))
    keys.push(key.slice(0, end));
  return keys;
}

/** The change of a path; values are masked on both sides when either side holds a secret. */
function changeOf(was: FlatSetting, is: FlatSetting, label: string | null): SettingChange {
  const secret = was.secret || is.secret;
  const shown = (setting: FlatSetting, values = setting.values) =>
    shownValues({ ...setting, values, secret });
  return {
    path: is.path,
    label,
    before: shown(was),
    after: shown(is),
    removed: shown(was, without(was.values, is.values)),
    added: shown(is, without(is.values, was.values)),
    reordered: isReordered(was, is),
    secret,
  };
}

/** The values that the other side lacks or has fewer times. */
function without(values: readonly FlatValue[], others: readonly FlatValue[]): readonly FlatValue[] {
  const left = new Map<string | null, number>();
  for (const { key } of others) left.set(key, (left.get(key) ?? 0) + 1);
  return values.filter(({ key }) => {
    const count = left.get(key) ?? 0;
    if (count > 0) left.set(key, count - 1);
    return count === 0;
  });
}

/** Whether the values that both sides have are in another order. */
function isReordered(was: FlatSetting, is: FlatSetting): boolean {
  if (!was.ordered || !is.ordered) return false;
  const kept = without(was.values, without(was.values, is.values));
  const keptNow = without(is.values, without(is.values, was.values));
  return kept.some(({ key }, index) => key !== keptNow[index]?.key);
}

function keysOf(
  one: ReadonlyMap<string, FlatSetting>,
  other: ReadonlyMap<string, FlatSetting>,
): readonly string[] {
  return [...new Set([...one.keys(), ...other.keys()])].sort();
}

function isSame(one: FlatSetting | undefined, other: FlatSetting | undefined): boolean {
  if (!one || !other) return false;
  if (isUnset(one) !== isUnset(other)) return false;
  const keys = comparedKeys(one);
  const others = comparedKeys(other);
  return keys.length === others.length && keys.every((key, index) => key === others[index]);
}
