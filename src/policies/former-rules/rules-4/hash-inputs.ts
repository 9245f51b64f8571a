import { type PolicyType, policyName } from '../../catalogue/policy-types.js';
import { flattenAsWritten } from '../../flatten-policy.js';
import { assignmentsHashInput, contentHashInput } from '../../hash-inputs.js';
import type { FormerRules } from '../former-rules.js';
import { withoutLaterContent } from '../later-content.js';

/**
 * Rules 4 knew less content, ignored which uploaded content an app has, counted Microsoft's names of its own
 * remediations and the answers to withdrawn licences of apps, and compared values in the form in which they are
 * written. They are otherwise equal to the present rules. Before the present rules change in another way, their old form must be copied here.
 */
export const RULES_4: FormerRules = {
  version: 4,
  contentHashInput(type, document) {
    const flat = flattenAsWritten(withEarlierFacts(type), withoutLaterContent(document));
    return contentHashInput(policyName(type, document.raw), flat);
  },
  assignmentsHashInput: ({ assignments }) => assignmentsHashInput(assignments),
};

function withEarlierFacts(type: PolicyType): PolicyType {
  const serviceFields = type.serviceFields.filter((field) => field !== 'revokeLicenseActionResults');
  return {
    ...type,
    serviceFields: type.name === 'mobileApps' ? [...serviceFields, 'committedContentVersion'] : serviceFields,
  };
}
