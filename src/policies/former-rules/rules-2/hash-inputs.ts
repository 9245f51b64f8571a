import { policyName } from '../../catalogue/policy-types.js';
import { flattenPolicy } from '../../flatten-policy.js';
import { assignmentsHashInput, contentHashInput } from '../../hash-inputs.js';
import type { FormerRules } from '../former-rules.js';

/**
 * Rules 2 ignore what is attached to a policy, and are otherwise equal to the present rules. Before the present rules
 * change in another way, their old form must be copied here.
 */
export const RULES_2: FormerRules = {
  version: 2,
  contentHashInput(type, { raw, settings, assignments }) {
    return contentHashInput(policyName(type, raw), flattenPolicy(type, { raw, settings, assignments }));
  },
  assignmentsHashInput: ({ assignments }) => assignmentsHashInput(assignments),
};
