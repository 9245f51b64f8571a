import {
  type AssignmentsDifference,
  compareAssignments,
  compareSettings,
  type SettingsDifference,
} from './compare-policies.js';
import { flattenPolicy } from './flatten-policy.js';
import { matchPolicies, type PolicyKey, type PolicyMatch } from './match-policies.js';
import type { PolicyDocument } from './policy-document.js';
import { policyTypeNamed } from './policy-types.js';

export type FindingKind = 'added' | 'removed' | 'changed' | 'assignment_changed';

/** One thing that a person would name between two inventories. */
export interface PolicyFinding extends SettingsDifference, AssignmentsDifference {
  readonly kind: FindingKind;
  readonly policyType: string;
  /** The policy's id now, or the last one it had. */
  readonly subjectId: string;
  /** The old id of a policy that was re-created, or null. */
  readonly subjectIdBefore: string | null;
  readonly name: string;
  /** The old name of a policy that was renamed, or null. */
  readonly nameBefore: string | null;
  readonly recreated: boolean;
}

/** A policy of an inventory with its content at hand. */
export interface PolicyInSet extends PolicyKey {
  readonly document: PolicyDocument;
}

const NO_SETTINGS: SettingsDifference = { settingsAdded: [], settingsRemoved: [], settingsChanged: [] };
const NO_ASSIGNMENTS: AssignmentsDifference = { assignmentsAdded: [], assignmentsRemoved: [] };

/** Compares two inventories whose contents fit into memory; otherwise match first and compare pair by pair. */
export function comparePolicySets(
  before: Iterable<PolicyInSet>,
  after: Iterable<PolicyInSet>,
): readonly PolicyFinding[] {
  return matchPolicies(before, after).flatMap((match) =>
    findingsOfMatch(match, match.before?.document ?? null, match.after?.document ?? null),
  );
}

/**
 * The findings of one match: none, one, or two where settings and assignments both changed. Documents are
 * needed only where both sides are there. Errors: Error for a type that the catalogue doesn't have.
 */
export function findingsOfMatch(
  match: PolicyMatch<PolicyKey>,
  before: PolicyDocument | null,
  after: PolicyDocument | null,
): readonly PolicyFinding[] {
  if (match.before === null) return [finding('added', match, NO_SETTINGS, NO_ASSIGNMENTS)];
  if (match.after === null) return [finding('removed', match, NO_SETTINGS, NO_ASSIGNMENTS)];
  if (before === null || after === null) throw new Error('comparing two policies needs both documents');
  const type = policyTypeNamed(match.after.policyType);
  if (!type) throw new Error(`no policy type ${match.after.policyType}`);

  const findings: PolicyFinding[] = [];
  const settings = compareSettings(flattenPolicy(type, before), flattenPolicy(type, after));
  const assignments = compareAssignments(before.assignments, after.assignments);
  const renamed = match.before.name !== match.after.name;
  if (match.recreated || renamed || !isEmpty(settings))
    findings.push(finding('changed', match, settings, NO_ASSIGNMENTS));
  if (assignments.assignmentsAdded.length + assignments.assignmentsRemoved.length > 0)
    findings.push(finding('assignment_changed', match, NO_SETTINGS, assignments));
  return findings;
}

function isEmpty({ settingsAdded, settingsRemoved, settingsChanged }: SettingsDifference): boolean {
  return settingsAdded.length + settingsRemoved.length + settingsChanged.length === 0;
}

function finding(
  kind: FindingKind,
  { before, after, recreated }: PolicyMatch<PolicyKey>,
  settings: SettingsDifference,
  assignments: AssignmentsDifference,
): PolicyFinding {
  const subject = after ?? before;
  const renamed = before !== null && before.name !== subject.name;
  return {
    kind,
    policyType: subject.policyType,
    subjectId: subject.id,
    subjectIdBefore: recreated && before ? before.id : null,
    name: subject.name,
    nameBefore: renamed ? before.name : null,
    recreated,
    ...settings,
    ...assignments,
  };
}
