import type { SnapshotFacts } from '../../snapshots/snapshot.js';
import { succeeded } from '../handling/item-outcomes.js';
import { policyItemId } from '../inventory-sync/policy-items.js';
import type { PolicyRef } from '../policy-choice/policy-choice.js';
import type { CommonWords, Outcome } from '../vocabulary.js';

type Named = PolicyRef & { readonly name: string };

const itemOf = ({ policyType, policyId, name }: Named) => ({
  itemId: policyItemId(policyType, policyId),
  label: name,
  subject: { type: policyType, id: policyId },
});

/** The set now holds this snapshot of the policy. */
export const addedItem = (snapshot: SnapshotFacts): Outcome => succeeded(itemOf(snapshot));

/** The set held this snapshot before. */
export const unchangedItem = (snapshot: SnapshotFacts): Outcome => ({
  ...itemOf(snapshot),
  outcome: 'skipped',
  reasonCode: 'unchanged',
  reason: 'The set holds it as it is now.',
});

/** Why the policy isn't in the set, or not as it is now. */
export const missingItem = (
  policy: Named,
  { reasonCode, reason }: { readonly reasonCode: CommonWords['failure']; readonly reason: string },
): Outcome => ({ ...itemOf(policy), outcome: 'failed', reasonCode, reason });
