import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import { type PolicyType, policyTypeNamed } from '../../../src/policies/catalogue/policy-types.js';
import type { PolicyDocument } from '../../../src/policies/policy-document.js';
import type { WriteInput } from '../../../src/policies/writing/write-plan.js';

export const GRAPH_ROOT = 'https://graph.microsoft.com/beta';
/** The time of the plans in these tests. */
export const NOW = Date.UTC(2030, 0, 1);

/** The input of a plan that updates a policy with assignments and scope tags; all ids are mapped to themselves. */
export function inputOf(
  type: PolicyType,
  snapshot: PolicyDocument,
  live: PolicyDocument | null,
  more: Partial<WriteInput> = {},
): WriteInput {
  return {
    type,
    snapshot,
    live,
    mode: 'update',
    copyName: 'A copy',
    includeAssignments: true,
    includeScopeTags: true,
    graphRoot: GRAPH_ROOT,
    now: NOW,
    mapped: ({ id }) => id,
    ...more,
  };
}

/** The policy type with this name. Throws when there is none. */
export function typeNamed(name: string): PolicyType {
  const type = policyTypeNamed(name);
  if (!type) throw new Error(`no type ${name}`);
  return type;
}

/** A policy's document with these fields of its own. */
export function documentWith(
  raw: JsonObject,
  more: Partial<Omit<PolicyDocument, 'raw'>> = {},
): PolicyDocument {
  return { raw: { id: 'p1', ...raw }, settings: null, assignments: [], ...more };
}
