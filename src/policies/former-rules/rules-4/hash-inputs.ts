import { policyName } from '../../catalogue/policy-types.js';
import { flattenPolicy } from '../../flatten-policy.js';
import { assignmentsHashInput, contentHashInput } from '../../hash-inputs.js';
import type { FormerRules } from '../former-rules.js';
import { withoutLaterContent } from '../later-content.js';

/**
 * Rules 4 knew no decisions about drivers and counted Microsoft's names of its own remediations. They are otherwise
 * equal to the present rules. Before the present rules change in another way, their old form must be copied here.
 */
export const RULES_4: FormerRules = {
  version: 4,
  contentHashInput: (type, document) =>
    contentHashInput(policyName(type, document.raw), flattenPolicy(type, withoutLaterContent(document))),
  assignmentsHashInput: ({ assignments }) => assignmentsHashInput(assignments),
};
