import type { GraphCall } from '../../graph/client/graph-call.js';
import type { GraphReader } from '../../graph/client/graph-client.js';
import { type PolicyType, policyName } from '../../policies/catalogue/policy-types.js';

/** The names that a type's policies have now, in lower case; the caller adds those that it gives. */
export type TypeNames = (type: PolicyType) => Promise<Set<string>>;

/** Reads the names of each type's policies once, from its listing alone. Errors of the result: GraphError. */
export function createTypeNames(graph: Pick<GraphReader, 'pages'>, call: GraphCall): TypeNames {
  const known = new Map<string, Promise<Set<string>>>();
  const read = async (type: PolicyType): Promise<Set<string>> => {
    const names = new Set<string>();
    for await (const { rows } of graph.pages(type.path, call))
      for (const row of rows) names.add(policyName(type, row).toLowerCase());
    return names;
  };
  return (type) => {
    const names = known.get(type.name) ?? read(type);
    known.set(type.name, names);
    names.catch(() => known.delete(type.name));
    return names;
  };
}
