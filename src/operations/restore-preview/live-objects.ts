import { batchesOf } from '../../batches-of.js';
import type { Clock } from '../../clock.js';
import { BATCH_REQUESTS_MAX } from '../../graph/client/batch.js';
import type { GraphCall } from '../../graph/client/graph-call.js';
import type { GraphReader } from '../../graph/client/graph-client.js';
import { concernsEveryCall, GraphError } from '../../graph/client/graph-error.js';
import { groupBy } from '../../group-by.js';
import type { JsonObject } from '../../ledger/canonical-json.js';
import { type Candidate, isSameId } from '../../mapping/propose.js';
import type { ReferenceKind } from '../../policies/catalogue/policy-type.js';
import { REFERENCE_SOURCES } from '../../policies/catalogue/references.js';
import type { PolicyReference } from '../../policies/references.js';
import { referenceKey } from '../../policies/references.js';

/** Objects that policies refer to, as the tenant has them. */
export interface LiveObjects {
  /**
   * The objects of these kinds and ids, in their order. Those of kinds that can't be asked for are `unreadable`.
   * Errors: GraphError where no call can succeed; the signal's reason.
   */
  withIds(references: readonly PolicyReference[]): Promise<readonly LookedUp[]>;
  /** All objects of a kind that have the exact name; none when the kind can't be read. Errors: as `withIds`. */
  named(kind: ReferenceKind, name: string): Promise<readonly Candidate[]>;
}

/** An answer, or one that is under way, until it is too old. */
interface Kept<Answer> {
  readonly answer: Promise<Answer>;
  readonly untilMs: number;
}

/** An object, or why there is none: Graph says that nothing has its id, or it doesn't say. */
type LookedUp = Candidate | 'gone' | 'unreadable';

/** How long an answer counts. */
export interface Freshness {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly keptForMs: number;
}

/** Asks for each object once, or once more when its answer is older than `freshness` allows. */
export function createLiveObjects(
  graph: Pick<GraphReader, 'batch' | 'pages'>,
  call: GraphCall,
  freshness?: Freshness,
): LiveObjects {
  const asked = new Map<string, Kept<LookedUp>>();
  const listed = new Map<ReferenceKind, Kept<ReadonlyMap<string, readonly Candidate[]>>>();
  const kept = <Answer>(answer: Promise<Answer>): Kept<Answer> => ({
    answer,
    untilMs: freshness ? freshness.clock.monotonicMs() + freshness.keptForMs : Number.POSITIVE_INFINITY,
  });
  const fresh = <Answer>(found: Kept<Answer> | undefined): Promise<Answer> | undefined =>
    found && (!freshness || freshness.clock.monotonicMs() < found.untilMs) ? found.answer : undefined;

  /** Asks for up to twenty objects in one request. */
  function ask(references: readonly PolicyReference[]): void {
    const answers = graph.batch(
      references.map(({ kind, id }) => `${REFERENCE_SOURCES[kind].path}/${encodeURIComponent(id)}`),
      call,
    );
    for (const [index, { kind, id }] of references.entries()) {
      const found = answers.then((all): LookedUp => {
        const answer = all[index];
        if (!answer) return 'unreadable';
        if (!('error' in answer)) {
          const candidate = candidateIn(kind, answer.body, id) ?? 'gone';
          return candidate === 'gone' || isSameId(candidate.id, id) ? candidate : 'unreadable';
        }
        if (concernsEveryCall(answer.error)) throw answer.error;
        return answer.error.reasonCode === 'graph_not_found' ? 'gone' : 'unreadable';
      });
      asked.set(referenceKey({ kind, id }), kept(found));
    }
  }

  async function list(kind: ReferenceKind): Promise<ReadonlyMap<string, readonly Candidate[]>> {
    const { path } = REFERENCE_SOURCES[kind];
    const found: Candidate[] = [];
    try {
      if (path !== null)
        for await (const { rows } of graph.pages(path, call))
          for (const row of rows) {
            const candidate = candidateIn(kind, row);
            if (candidate) found.push(candidate);
          }
    } catch (error) {
      if (!(error instanceof GraphError) || concernsEveryCall(error)) throw error;
      // A part of a list doesn't show whether a name is unique.
      return new Map();
    }
    return groupBy(found, ({ exact }) => exact ?? '');
  }

  return {
    async withIds(references) {
      const open = references.filter(
        (reference) =>
          REFERENCE_SOURCES[reference.kind].path !== null && !fresh(asked.get(referenceKey(reference))),
      );
      const single = [...new Map(open.map((reference) => [referenceKey(reference), reference])).values()];
      for (const batch of batchesOf(single, BATCH_REQUESTS_MAX)) ask(batch);
      return Promise.all(
        references.map(
          async (reference) => (await asked.get(referenceKey(reference))?.answer) ?? 'unreadable',
        ),
      );
    },
    async named(kind, name) {
      const known = fresh(listed.get(kind));
      const objects = known ?? list(kind);
      if (!known) listed.set(kind, kept(objects));
      return (await objects).get(name) ?? [];
    },
  };
}

/** By kind: the derived types of its device configurations, for kinds that include only some of these types. */
const PROFILE_TYPES: Partial<Readonly<Record<ReferenceKind, RegExp>>> = {
  certificate: /certificate/i,
  network_profile: /Wi-?Fi|Vpn|WiredNetwork/i,
};

/** Null for a row that is no object of the kind. */
function candidateIn(kind: ReferenceKind, row: JsonObject, idAskedFor?: string): Candidate | null {
  const id = typeof row.id === 'string' ? row.id : idAskedFor;
  if (id === undefined || id === '') return null;
  const types = PROFILE_TYPES[kind];
  const derivedType = row['@odata.type'];
  if (types && typeof derivedType === 'string' && !types.test(derivedType)) return null;
  const named = row[REFERENCE_SOURCES[kind].nameField ?? 'displayName'];
  const name = typeof named === 'string' ? named : null;
  const groupTypes = Array.isArray(row.groupTypes) ? row.groupTypes : [];
  return { id, name, exact: name, dynamic: groupTypes.includes('DynamicMembership') };
}
