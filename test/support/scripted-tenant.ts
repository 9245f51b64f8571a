import type { GraphClient } from '../../src/graph/client/graph-client.js';
import { GraphError } from '../../src/graph/client/graph-error.js';
import type { PolicyReadResult } from '../../src/graph/policies/graph-policy.js';
import { policyTypeNamed } from '../../src/policies/catalogue/policy-types.js';
import type { PolicyInSet } from '../../src/policies/compare-policy-sets.js';

/** A policy that Graph lists but doesn't return. `id` and `name` are null when its entry has none. */
export interface Unreadable {
  readonly policyType: string;
  readonly id: string | null;
  readonly name: string | null;
  readonly reasonCode?: 'graph_unavailable' | 'graph_forbidden' | 'graph_not_found';
}

/** A tenant whose policies the test sets, as the Graph client reads them. */
export function scriptedTenant() {
  const state = {
    policies: [] as readonly PolicyInSet[],
    unreadable: [] as readonly Unreadable[],
    failingTypes: [] as readonly string[],
  };
  const graph: Partial<GraphClient> = {
    permissions: async () => null,
    async *policies(type) {
      for (const policy of state.policies) if (policy.policyType === type.name) yield read(policy);
      for (const { reasonCode = 'graph_unavailable', ...policy } of state.unreadable)
        if (policy.policyType === type.name)
          yield { kind: 'unread', type, id: policy.id, name: policy.name, reasonCode, reason: 'It failed.' };
      if (state.failingTypes.includes(type.name))
        throw new GraphError({ problem: 'status', method: 'GET', path: type.path, status: 403 });
    },
  };
  return { state, graph };
}

function read({ policyType, id, name, document }: PolicyInSet): PolicyReadResult {
  const type = policyTypeNamed(policyType);
  if (!type) throw new Error(`no policy type ${policyType}`);
  return { kind: 'policy', type, id, name, ...document };
}
