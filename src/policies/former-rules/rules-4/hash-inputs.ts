import { type PolicyType, policyName } from '../../catalogue/policy-types.js';
import { flattenPolicy } from '../../flatten-policy.js';
import { assignmentsHashInput, contentHashInput } from '../../hash-inputs.js';
import type { FormerRules } from '../former-rules.js';
import { CHILDREN } from '../rules-3/normalize.js';

/**
 * Rules 4 knew fewer child collections, and counted Microsoft's names of its own remediations. They are otherwise equal
 * to the present rules. Before the present rules change in another way, their old form must be copied here.
 */
export const RULES_4: FormerRules = {
  version: 4,
  contentHashInput: (type, document) =>
    contentHashInput(policyName(type, document.raw), flattenPolicy(withEarlierChildren(type), document)),
  assignmentsHashInput: ({ assignments }) => assignmentsHashInput(assignments),
};

function withEarlierChildren(type: PolicyType): PolicyType {
  const known = CHILDREN.get(type.name) ?? [];
  return { ...type, children: type.children.filter(({ name }) => known.includes(name)) };
}
