import type { JsonObject } from '../ledger/canonical-json.js';
import { type FlatPolicy, type FlatSetting, isUnset, shownValues } from './flat-policy.js';
import { type Assignment, assignmentKey, normalizeAssignments } from './normalize-assignments.js';

export interface SettingAt {
  readonly path: string;
  /** Fit to be shown: secrets are masked. */
  readonly values: readonly string[];
}

export interface SettingChange {
  readonly path: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** What differs between two states of a policy, each list sorted by path. */
export interface SettingsDifference {
  readonly settingsAdded: readonly SettingAt[];
  readonly settingsRemoved: readonly SettingAt[];
  readonly settingsChanged: readonly SettingChange[];
}

export interface AssignmentsDifference {
  readonly assignmentsAdded: readonly Assignment[];
  readonly assignmentsRemoved: readonly Assignment[];
}

/** Compares settings by path. What is null on one side and missing on the other has not changed. */
export function compareSettings(before: FlatPolicy, after: FlatPolicy): SettingsDifference {
  const settingsAdded: SettingAt[] = [];
  const settingsRemoved: SettingAt[] = [];
  const settingsChanged: SettingChange[] = [];
  for (const path of pathsOf(before.settings, after.settings)) {
    const was = before.settings.get(path);
    const is = after.settings.get(path);
    if ((isUnset(was) && isUnset(is)) || sameValues(was, is)) continue;
    if (was === undefined && is !== undefined) settingsAdded.push({ path, values: shownValues(is) });
    else if (is === undefined && was !== undefined) settingsRemoved.push({ path, values: shownValues(was) });
    else if (was && is) settingsChanged.push(shownChange(path, was, is));
  }
  const named = [...settingsAdded, ...settingsRemoved, ...settingsChanged].map(({ path }) => path);
  return {
    settingsAdded: byPath(settingsAdded),
    settingsRemoved: byPath(settingsRemoved),
    settingsChanged: byPath(settingsChanged.concat(regrouped(before, after, named))),
  };
}

function byPath<T extends { readonly path: string }>(list: readonly T[]): readonly T[] {
  return [...list].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** Compares assignments as sets. */
export function compareAssignments(
  before: readonly JsonObject[],
  after: readonly JsonObject[],
): AssignmentsDifference {
  const was = normalizeAssignments(before);
  const is = normalizeAssignments(after);
  const wasKeys = new Set(was.map(assignmentKey));
  const isKeys = new Set(is.map(assignmentKey));
  return {
    assignmentsAdded: is.filter((assignment) => !wasKeys.has(assignmentKey(assignment))),
    assignmentsRemoved: was.filter((assignment) => !isKeys.has(assignmentKey(assignment))),
  };
}

/** Lists whose objects differ though every path in them holds what it held: told at the list's own path. */
function regrouped(before: FlatPolicy, after: FlatPolicy, named: readonly string[]): SettingChange[] {
  const changes: SettingChange[] = [];
  for (const path of pathsOf(before.groups, after.groups)) {
    const was = before.groups.get(path) ?? NOTHING;
    const is = after.groups.get(path) ?? NOTHING;
    const told = named.some((other) => other === path || other.startsWith(`${path}/`));
    const toldInside = changes.some((change) => change.path.startsWith(`${path}/`));
    if (!told && !toldInside && !sameValues(was, is)) changes.push(shownChange(path, was, is));
  }
  return changes;
}

const NOTHING: FlatSetting = { values: [], secret: false };

/** A path that held a secret before or holds one now is masked on both sides. */
function shownChange(path: string, was: FlatSetting, is: FlatSetting): SettingChange {
  const secret = was.secret || is.secret;
  const shown = ({ values }: FlatSetting) => shownValues({ values, secret });
  return { path, before: shown(was), after: shown(is) };
}

/** Innermost groups first, so that a change is told where it happened. */
function pathsOf(
  one: ReadonlyMap<string, FlatSetting>,
  other: ReadonlyMap<string, FlatSetting>,
): readonly string[] {
  return [...new Set([...one.keys(), ...other.keys()])].sort().reverse();
}

function sameValues(one: FlatSetting | undefined, other: FlatSetting | undefined): boolean {
  if (!one || !other || one.values.length !== other.values.length) return false;
  return one.values.every((value, index) => value === other.values[index]);
}
