import { groupBy } from '../group-by.js';
import { canonicalJson, type JsonObject } from '../ledger/canonical-json.js';
import { assignmentParts, assignmentText, targetText } from './assignment-words.js';
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
  const normalBefore = normalizeAssignments(before);
  const normalAfter = normalizeAssignments(after);
  const onlyBefore = without(normalBefore, normalAfter);
  const onlyAfter = without(normalAfter, normalBefore);
  const changed: AssignmentChange[] = [];
  const paired = new Set<Assignment>();
  for (const [target, [oldOne, ...moreOld]] of byTarget(onlyBefore)) {
    const [newOne, ...moreNew] = byTarget(onlyAfter).get(target) ?? [];
    // With several assignments to one target it isn't known which one became which.
    if (!oldOne || !newOne || moreOld.length + moreNew.length > 0) continue;
    changed.push({ target: targetText(newOne, names), parts: changedParts(oldOne, newOne, names) });
    paired.add(oldOne).add(newOne);
  }
  const texts = (list: readonly Assignment[]) =>
    list.filter((assignment) => !paired.has(assignment)).map((left) => assignmentText(left, names));
  return { added: texts(onlyAfter), removed: texts(onlyBefore), changed };
}

function without(assignments: readonly Assignment[], others: readonly Assignment[]): readonly Assignment[] {
  const keys = new Set(others.map((other) => canonicalJson(other)));
  return assignments.filter((assignment) => !keys.has(canonicalJson(assignment)));
}

const byTarget = (assignments: readonly Assignment[]) =>
  groupBy(assignments, (assignment) => targetText(assignment));

function changedParts(
  before: Assignment,
  after: Assignment,
  names: DirectoryNames,
): AssignmentChange['parts'] {
  const partsBefore = assignmentParts(before, names);
  const partsAfter = assignmentParts(after, names);
  return [...new Set([...partsBefore.keys(), ...partsAfter.keys()])]
    .map((name) => ({ name, before: partsBefore.get(name) ?? null, after: partsAfter.get(name) ?? null }))
    .filter((part) => part.before !== part.after);
}
