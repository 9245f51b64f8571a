import type { GraphPolicy, UnreadPolicy } from '../../graph/policies/graph-policy.js';
import { bounded } from '../../runs/run-events.js';
import { shownId, shownName } from '../../snapshots/shown-policy.js';
import { succeeded } from '../handling/item-outcomes.js';
import type { CommonWords, Outcome } from '../vocabulary.js';

const ITEM_ID_LENGTH_MAX = 300;

/** Item id of a policy. */
export const policyItemId = (type: string, policyId: string): string =>
  bounded(`${type}/${policyId}`, ITEM_ID_LENGTH_MAX);
/** Item id of the n-th entry that Graph listed without an id; no policy's own item id can be the same. */
export const itemIdWithoutId = (type: string, ordinal: number): string => `${type}#${ordinal}`;

function itemOf(itemId: string, policy: GraphPolicy | UnreadPolicy) {
  return {
    itemId,
    label: shownName(policy),
    subject: { type: policy.type.name, id: shownId(policy) },
  };
}

/** The item of a policy that was read. */
export const succeededPolicy = (itemId: string, policy: GraphPolicy): Outcome =>
  succeeded(itemOf(itemId, policy));

/** The item of a policy that couldn't be read. */
export const failedPolicy = (
  itemId: string,
  policy: GraphPolicy | UnreadPolicy,
  { reasonCode, reason }: { readonly reasonCode: CommonWords['failure']; readonly reason: string },
): Outcome => ({ ...itemOf(itemId, policy), outcome: 'failed', reasonCode, reason });
