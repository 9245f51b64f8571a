import { policyName } from '../../catalogue/policy-types.js';
import { flattenPolicy } from '../../flatten-policy.js';
import { assignmentsHashInput, contentHashInput } from '../../hash-inputs.js';
import type { FormerRules } from '../former-rules.js';

/**
 * The rules before those that count what is attached to a policy, and the same in all else. Whoever changes the present
 * rules otherwise copies them here as they were.
 */
export const RULES_2: FormerRules = {
  version: 2,
  contentHashInput(type, { raw, settings, assignments }) {
    return contentHashInput(policyName(type, raw), flattenPolicy(type, { raw, settings, assignments }));
  },
  assignmentsHashInput: ({ assignments }) => assignmentsHashInput(assignments),
};
