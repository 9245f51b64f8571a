import type { JsonObject } from '../../../ledger/canonical-json.js';
import { type PolicyType, policyName } from '../../catalogue/policy-types.js';
import type { PolicyDocument } from '../../policy-document.js';
import type { FormerRules } from '../former-rules.js';
import { withoutLaterContent } from '../later-content.js';
import { flattenPolicy } from './flatten.js';
import { listed } from './gathered.js';
import { normalizeAssignments } from './normalize-assignments.js';

/** The rules before the order of on-demand rules, preferred KDCs and parents of content caches counted. */
export const RULES_3: FormerRules = {
  version: 3,
  contentHashInput,
  assignmentsHashInput: ({ assignments }) => [...normalizeAssignments(assignments)],
};

function contentHashInput(type: PolicyType, document: PolicyDocument): JsonObject {
  const { settings, groups } = flattenPolicy(type, withoutLaterContent(document));
  return { name: policyName(type, document.raw), settings: listed(settings), groups: listed(groups) };
}
