import { canonicalJson } from '../ledger/canonical-json.js';
import { comparedName, type PolicyType, policyTypeNamed } from './catalogue/policy-types.js';
import {
  type AssignmentsDifference,
  compareAssignments,
  compareSettings,
  type SettingsDifference,
} from './compare-policies.js';
import { type DirectoryNames, NO_NAMES } from './directory-names.js';
import { flattenPolicy } from './flatten-policy.js';
import { assignmentsHashInput, contentHashInput } from './hash-inputs.js';
import { withAttachedOfBoth } from './linked-content.js';
import {
  type PolicyKey,
  type PolicyMatch,
  type PolicyParts,
  pairById,
  pairByName,
  sortedMatches,
} from './match-policies.js';
import type { PolicyDocument } from './policy-document.js';

export type FindingKind = 'added' | 'removed' | 'changed' | 'assignment_changed';

/** One difference between two inventories, as a person would name it. */
export interface PolicyFinding extends SettingsDifference, AssignmentsDifference {
  readonly kind: FindingKind;
  readonly policyType: string;
  /** The policy's present id, or its last id when it was removed. */
  readonly subjectId: string;
  /** The old id of a policy that was re-created, or null. */
  readonly subjectIdBefore: string | null;
  readonly name: string;
  /** The old name of a policy that was renamed, or null. The two names may look alike when shown. */
  readonly nameBefore: string | null;
  readonly recreated: boolean;
}

/** A policy of an inventory with its content in memory. */
export interface PolicyInSet extends Omit<PolicyKey, 'nameKey'> {
  readonly document: PolicyDocument;
}

const NO_SETTINGS: SettingsDifference = {
  settingsAdded: [],
  settingsRemoved: [],
  settingsChanged: [],
  withheld: [],
};
const NO_ASSIGNMENTS: AssignmentsDifference = {
  assignmentsAdded: [],
  assignmentsRemoved: [],
  assignmentsChanged: [],
};

/** Compares two inventories whose contents fit into memory. For larger ones, match first and compare pair by pair. */
export function comparePolicySets(
  before: Iterable<PolicyInSet>,
  after: Iterable<PolicyInSet>,
): readonly PolicyFinding[] {
  const named = (set: Iterable<PolicyInSet>) =>
    [...set].map((policy) => ({ ...policy, nameKey: policy.name }));
  const { pairs, ...leftovers } = pairById(named(before), named(after));
  const matches = sortedMatches([
    ...pairs,
    ...pairByName(leftovers, ({ document, policyType }) => partsOf(policyType, document)),
  ]);
  return matches.flatMap((match) =>
    findingsOfMatch(match, match.before?.document ?? null, match.after?.document ?? null),
  );
}

/**
 * The findings of one match: none, one, or two when both settings and assignments changed. Documents are needed
 * only when both inventories have the policy. Errors: Error for a type that the catalogue doesn't have.
 */
export function findingsOfMatch(
  match: PolicyMatch<PolicyKey>,
  before: PolicyDocument | null,
  after: PolicyDocument | null,
  names: DirectoryNames = NO_NAMES,
): readonly PolicyFinding[] {
  if (match.before === null) return [finding('added', match, {})];
  if (match.after === null) return [finding('removed', match, {})];
  if (before === null || after === null) throw new Error('comparing two policies needs both documents');
  const type = typeNamed(match.after.policyType);

  const findings: PolicyFinding[] = [];
  const [comparableBefore, comparableAfter] = withAttachedOfBoth(type, before, after);
  const settings = compareSettings(
    flattenPolicy(type, comparableBefore),
    flattenPolicy(type, comparableAfter),
    names,
  );
  const assignments = compareAssignments(before.assignments, after.assignments, names);
  const renamed = comparedName(type, before.raw) !== comparedName(type, after.raw);
  if (match.recreated || renamed || !isEmpty(settings))
    findings.push(finding('changed', match, { settings, renamed }));
  if (!isWithoutChange(assignments))
    findings.push(finding('assignment_changed', match, { assignments, renamed }));
  return findings;
}

/** The parts of a policy as texts, equal for equal parts under the present rules. They hold secrets. */
export function partsOf(policyType: string, document: PolicyDocument): PolicyParts {
  const flat = flattenPolicy(typeNamed(policyType), document);
  return {
    settings: canonicalJson(contentHashInput('', flat)),
    assignments: canonicalJson(assignmentsHashInput(document.assignments)),
  };
}

function typeNamed(name: string): PolicyType {
  const type = policyTypeNamed(name);
  if (!type) throw new Error(`no policy type ${name}`);
  return type;
}

function isEmpty({ settingsAdded, settingsRemoved, settingsChanged }: SettingsDifference): boolean {
  return settingsAdded.length + settingsRemoved.length + settingsChanged.length === 0;
}

function isWithoutChange(difference: AssignmentsDifference): boolean {
  const { assignmentsAdded, assignmentsRemoved, assignmentsChanged } = difference;
  return assignmentsAdded.length + assignmentsRemoved.length + assignmentsChanged.length === 0;
}

function finding(
  kind: FindingKind,
  { before, after, recreated }: PolicyMatch<PolicyKey>,
  found: { settings?: SettingsDifference; assignments?: AssignmentsDifference; renamed?: boolean },
): PolicyFinding {
  const subject = after ?? before;
  return {
    kind,
    policyType: subject.policyType,
    subjectId: subject.id,
    subjectIdBefore: recreated && before ? before.id : null,
    name: subject.name,
    nameBefore: before !== null && found.renamed ? before.name : null,
    recreated,
    ...(found.settings ?? NO_SETTINGS),
    ...(found.assignments ?? NO_ASSIGNMENTS),
  };
}
