import type { GraphPolicy, UnreadPolicy } from '../../graph/policies/graph-policy.js';
import { bounded } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import type { CommonWords, Outcome } from '../vocabulary.js';

const NAME_LENGTH_MAX = 500;
const ITEM_ID_LENGTH_MAX = 300;
const POLICY_ID_LENGTH_MAX = 200;

export const policyItemId = (type: string, policyId: string): string =>
  bounded(`${type}/${policyId}`, ITEM_ID_LENGTH_MAX);
/** Item id of the n-th entry that Graph listed without an id; no policy's own item id can be the same. */
export const itemIdWithoutId = (type: string, ordinal: number): string => `${type}#${ordinal}`;

/** The name of a policy as it may be shown, or its id when it has no name. */
export function shownName({ name, id, type }: GraphPolicy | UnreadPolicy): string {
  const shown = name || id || `${type.label}: an entry without id and name`;
  return bounded(sanitizeText(shown), NAME_LENGTH_MAX);
}

/** The id as it may be shown; empty when Graph gave none. */
export const shownId = ({ id }: { readonly id: string | null }): string =>
  bounded(id ?? '', POLICY_ID_LENGTH_MAX);

function itemOf(itemId: string, policy: GraphPolicy | UnreadPolicy) {
  return {
    itemId,
    label: shownName(policy),
    subject: { type: policy.type.name, id: shownId(policy) },
  };
}

export const succeededPolicy = (itemId: string, policy: GraphPolicy): Outcome => ({
  ...itemOf(itemId, policy),
  outcome: 'succeeded',
  reasonCode: null,
  reason: null,
});

export const failedPolicy = (
  itemId: string,
  policy: GraphPolicy | UnreadPolicy,
  { reasonCode, reason }: { readonly reasonCode: CommonWords['failure']; readonly reason: string },
): Outcome => ({ ...itemOf(itemId, policy), outcome: 'failed', reasonCode, reason });
