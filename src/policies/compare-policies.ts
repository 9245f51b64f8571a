import type { JsonObject } from '../ledger/canonical-json.js';
import { type AssignmentChange, differencesOfAssignments } from './compare-assignments.js';
import { type DirectoryNames, NO_NAMES, withGroupName } from './directory-names.js';
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
  /** The label that Microsoft or the tenant gives to the place, or null. */
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

/**
 * Compares settings by path. A setting that is null on one side and missing on the other counts as unchanged. Values
 * that are ids of groups are shown with the groups' names.
 */
export function compareSettings(
  before: FlatPolicy,
  after: FlatPolicy,
  names: DirectoryNames = NO_NAMES,
): SettingsDifference {
  const settingsAdded: SettingAt[] = [];
  const settingsRemoved: SettingAt[] = [];
  const settingsChanged: SettingChange[] = [];
  const labelOf = (path: string) =>
    after.labels.get(path) ?? before.labels.get(path) ?? surroundingLabel(path);
  // A place without a label gets the label of the nearest place around it, such as the setting around a text box.
  const surroundingLabel = (path: string): string | null => {
    const above = path.lastIndexOf('/');
    return above < 0 ? null : labelOf(path.slice(0, above));
  };
  const named: string[] = [];
  for (const key of keysOf(before.settings, after.settings)) {
    const oldSetting = before.settings.get(key);
    const newSetting = after.settings.get(key);
    if ((isUnset(oldSetting) && isUnset(newSetting)) || isSame(oldSetting, newSetting)) continue;
    named.push(key);
    const path = (newSetting ?? oldSetting)?.path ?? key;
    const label = labelOf(path);
    if (newSetting && oldSetting) settingsChanged.push(changeOf(oldSetting, newSetting, label, names));
    else if (newSetting) settingsAdded.push({ path, label, values: shownWith(names, newSetting) });
    else if (oldSetting) settingsRemoved.push({ path, label, values: shownWith(names, oldSetting) });
  }
  const regrouped = changedLists(before, after, named).map(([oldSetting, newSetting]) =>
    changeOf(oldSetting, newSetting, labelOf(newSetting.path), names),
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
    const oldSetting = before.groups.get(key);
    const newSetting = after.groups.get(key);
    if ((isUnset(oldSetting) && isUnset(newSetting)) || isSame(oldSetting, newSetting)) continue;
    const pair: [FlatSetting, FlatSetting] = [
      oldSetting ?? emptyLike(newSetting),
      newSetting ?? emptyLike(oldSetting),
    ];
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
function changeOf(
  oldSetting: FlatSetting,
  newSetting: FlatSetting,
  label: string | null,
  names: DirectoryNames,
): SettingChange {
  const secret = oldSetting.secret || newSetting.secret;
  const shown = (setting: FlatSetting, values = setting.values) =>
    shownWith(names, { ...setting, values, secret });
  return {
    path: newSetting.path,
    label,
    before: shown(oldSetting),
    after: shown(newSetting),
    removed: shown(oldSetting, without(oldSetting.values, newSetting.values)),
    added: shown(newSetting, without(newSetting.values, oldSetting.values)),
    reordered: isReordered(oldSetting, newSetting),
    secret,
  };
}

const shownWith = (names: DirectoryNames, setting: FlatSetting): readonly string[] =>
  shownValues(setting).map((value) => withGroupName(names, value));

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
function isReordered(oldSetting: FlatSetting, newSetting: FlatSetting): boolean {
  if (!oldSetting.ordered || !newSetting.ordered) return false;
  const oldCommon = without(oldSetting.values, without(oldSetting.values, newSetting.values));
  const newCommon = without(newSetting.values, without(newSetting.values, oldSetting.values));
  return oldCommon.some(({ key }, index) => key !== newCommon[index]?.key);
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
