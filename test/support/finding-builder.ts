import type { Evidence, Finding } from '../../src/operations/drift-generate/drift-events.js';
import type { ObservedPolicy } from '../../src/operations/inventory-sync/inventory-events.js';

type Change = Evidence['settingsChanged'][number];

/** Evidence that is empty except for the given fields. */
export function evidenceWith(more: Partial<Evidence> = {}): Evidence {
  return {
    settingsAdded: [],
    settingsRemoved: [],
    settingsChanged: [],
    assignmentsAdded: [],
    assignmentsRemoved: [],
    assignmentsChanged: [],
    assignmentsLookAlike: false,
    withheld: [],
    notCompared: [],
    omitted: 0,
    ...more,
  };
}

export function changeWith(change: Pick<Change, 'path' | 'before' | 'after'> & Partial<Change>): Change {
  return { label: null, words: [], at: null, unchanged: 0, ...change };
}

/** A changed settings catalog policy, with the given fields instead of the defaults. */
export function findingWith(finding: Pick<Finding, 'itemId' | 'fingerprint'> & Partial<Finding>): Finding {
  return {
    formerFingerprints: [],
    kind: 'changed',
    policyType: 'configurationPolicies',
    subjectId: 's',
    subjectIdBefore: null,
    name: 'A policy',
    nameBefore: null,
    recreated: false,
    counterparts: [],
    contentHashBefore: null,
    contentHashAfter: null,
    evidence: evidenceWith(),
    ...finding,
  };
}

/** A policy as an inventory saw it, with arbitrary hashes unless they are given. */
export function observedWith(
  policy: Pick<ObservedPolicy, 'itemId'> & Partial<ObservedPolicy>,
): ObservedPolicy {
  const hash = 'a'.repeat(64);
  return {
    policyType: 'configurationPolicies',
    policyId: 'id',
    name: 'A policy',
    nameHash: null,
    artifact: hash,
    contentHash: hash,
    assignmentsHash: hash,
    settingCount: 1,
    lastModified: null,
    sets: [],
    groups: [],
    ...policy,
  };
}
