import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import { referencesOf } from '../../policies/references.js';
import type { ClientParts } from '../client/graph-call.js';
import type { BudgetedCall } from '../client/request.js';
import type { GraphPolicy } from './graph-policy.js';
import { readPolicy } from './read-policy.js';
import type { NamedReference, ReferenceNames } from './reference-names.js';

/** One complete policy with the present names of what it refers to. */
export interface WholePolicy {
  /** The raw documents as Graph answered them: own fields, content, assignments, children and links. */
  readonly policy: GraphPolicy;
  readonly references: readonly NamedReference[];
}

/** Reads one complete policy by its id, with the names of what it refers to. Errors: as `readPolicy`. */
export async function readWhole(
  parts: ClientParts,
  call: BudgetedCall,
  { type, id, names }: { readonly type: PolicyType; readonly id: string; readonly names: ReferenceNames },
): Promise<WholePolicy> {
  const policy = await readPolicy(parts, call, type, id);
  return { policy, references: await names.named(call, referencesOf(type, policy)) };
}
