import { policyName } from '../../catalogue/policy-types.js';
import { flattenPolicy } from '../../flatten-policy.js';
import { assignmentsHashInput, contentHashInput } from '../../hash-inputs.js';
import type { FormerRules } from '../former-rules.js';

/**
 * Rules 2: they ignore what is attached to a policy, and are otherwise equal to the present rules. Anybody who
 * changes the present rules in another way must first copy their old form here.
 */
export const RULES_2: FormerRules = {
  version: 2,
  contentHashInput(type, { raw, settings, assignments }) {
    return contentHashInput(policyName(type, raw), flattenPolicy(type, { raw, settings, assignments }));
  },
  assignmentsHashInput: ({ assignments }) => assignmentsHashInput(assignments),
};
