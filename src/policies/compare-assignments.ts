import { canonicalJson, type JsonObject } from '../ledger/canonical-json.js';
import { assignmentText, partsOf, targetText } from './assignment-words.js';
import type { DirectoryNames } from './directory-names.js';
import { type Assignment, normalizeAssignments } from './normalize-assignments.js';

/** A changed assignment to one target: the parts that differ, with null for a part that is missing on that side. */
export interface AssignmentChange {
  readonly target: string;
  readonly parts: readonly {
    readonly name: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
}

/** The differences between two sets of assignments in words, with the names of ids where they are known. */
export function differencesOfAssignments(
  before: readonly JsonObject[],
  after: readonly JsonObject[],
  names: DirectoryNames,
) {
  const was = normalizeAssignments(before);
  const is = normalizeAssignments(after);
  const gone = without(was, is);
  const come = without(is, was);
  const changed: AssignmentChange[] = [];
  const paired = new Set<Assignment>();
  for (const [target, [old, ...moreOld]] of byTarget(gone)) {
    const [now, ...moreNow] = byTarget(come).get(target) ?? [];
    // Of several assignments to one target nobody can tell which one became which.
    if (!old || !now || moreOld.length + moreNow.length > 0) continue;
    changed.push({ target: targetText(now, names), parts: changedParts(old, now, names) });
    paired.add(old).add(now);
  }
  const texts = (list: readonly Assignment[]) =>
    list.filter((assignment) => !paired.has(assignment)).map((left) => assignmentText(left, names));
  return { added: texts(come), removed: texts(gone), changed };
}

function without(assignments: readonly Assignment[], others: readonly Assignment[]): readonly Assignment[] {
  const keys = new Set(others.map((other) => canonicalJson(other)));
  return assignments.filter((assignment) => !keys.has(canonicalJson(assignment)));
}

function byTarget(assignments: readonly Assignment[]): ReadonlyMap<string, readonly Assignment[]> {
  const groups = new Map<string, Assignment[]>();
  for (const assignment of assignments) {
    const target = targetText(assignment);
    groups.set(target, [...(groups.get(target) ?? []), assignment]);
  }
  return groups;
}

function changedParts(
  before: Assignment,
  after: Assignment,
  names: DirectoryNames,
): AssignmentChange['parts'] {
  const was = partsOf(before, names);
  const is = partsOf(after, names);
  return [...new Set([...was.keys(), ...is.keys()])]
    .map((name) => ({ name, before: was.get(name) ?? null, after: is.get(name) ?? null }))
    .filter((part) => part.before !== part.after);
}
