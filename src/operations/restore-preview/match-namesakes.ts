import type { GraphPolicy } from '../../graph/policies/graph-policy.js';
import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import type { PolicyDocument } from '../../policies/policy-document.js';
import { isUpdateTarget } from '../../policies/writing/plan-writes.js';

/** Most pairs of a snapshot and a policy of its name that are compared; beyond, nobody can tell them apart. */
export const NAMESAKE_PAIRS_MAX = 100;

/** The only policy that a snapshot can be restored to, none, or several. */
export type Namesake =
  | { readonly kind: 'recreated'; readonly policy: GraphPolicy }
  | { readonly kind: 'none' }
  /** The policies that it could be restored to. */
  | { readonly kind: 'ambiguous'; readonly policies: readonly GraphPolicy[] };

/**
 * Finds the policy of a snapshot's name that it can be restored to. Policies that could never become the snapshot's,
 * such as one for another platform, are other policies. `others` are the other snapshots of the same name that have no
 * policy of their own: one that could be restored to the same policy makes the choice ambiguous.
 */
export function matchNamesake(
  type: PolicyType,
  snapshot: PolicyDocument,
  others: readonly PolicyDocument[],
  policies: readonly GraphPolicy[],
): Namesake {
  const targets = policies.filter((live) => isUpdateTarget(type, snapshot, live));
  const [policy, ...more] = targets;
  if (!policy) return { kind: 'none' };
  const isWantedToo = others.some((other) => isUpdateTarget(type, other, policy));
  return more.length > 0 || isWantedToo
    ? { kind: 'ambiguous', policies: targets }
    : { kind: 'recreated', policy };
}
