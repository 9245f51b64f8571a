import type { Clock } from '../../clock.js';
import type { GraphCall } from '../../graph/client/graph-call.js';
import type { GraphReader } from '../../graph/client/graph-client.js';
import { type PolicyType, policyName, staysAsItIs } from '../../policies/catalogue/policy-types.js';

/** The names that the policies of a type have now. */
export interface LiveNames {
  /** In lower case; the caller adds the names that it gives. */
  readonly taken: Set<string>;
  /** The ids of the policies of that exact name, in lower case, without those that the type leaves out. */
  idsOf(name: string): readonly string[];
}

/** A listing is read again after this time, so that a name that somebody has given meanwhile is seen. */
const KEPT_FOR_MS = 20_000;

/**
 * Reads the names of a type's policies, from its listing alone. `given` holds by types the names that the run itself has
 * given before, in lower case, which Graph may not list yet. Errors of the result: GraphError.
 */
export function createLiveNames(
  graph: Pick<GraphReader, 'pages'>,
  call: GraphCall,
  clock: Clock,
  given: ReadonlyMap<string, Iterable<string>>,
): (type: PolicyType) => Promise<LiveNames> {
  const known = new Map<string, { readonly untilMs: number; readonly names: Promise<LiveNames> }>();
  const read = async (type: PolicyType, earlierNames: Iterable<string>): Promise<LiveNames> => {
    const ids = new Map<string, string[]>();
    const taken = new Set(earlierNames);
    for await (const { rows } of graph.pages(type.path, call))
      for (const row of rows) {
        const name = policyName(type, row);
        taken.add(name.toLowerCase());
        // What the preview leaves out, such as Microsoft's own roles, is no policy that somebody has created since.
        if (staysAsItIs(type, row) !== null) continue;
        ids.set(name, [...(ids.get(name) ?? []), String(row.id).toLowerCase()]);
      }
    return { taken, idsOf: (name) => ids.get(name) ?? [] };
  };
  return async (type) => {
    const nowMs = clock.monotonicMs();
    const earlier = known.get(type.name);
    if (earlier && nowMs < earlier.untilMs) return earlier.names;
    known.delete(type.name);
    const before = await earlier?.names;
    const names = read(type, before?.taken ?? given.get(type.name) ?? []);
    known.set(type.name, { untilMs: nowMs + KEPT_FOR_MS, names });
    names.catch(() => known.delete(type.name));
    return names;
  };
}
