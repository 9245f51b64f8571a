import { BATCH_REQUESTS_MAX } from '../../graph/client/batch.js';
import type { GraphCall } from '../../graph/client/graph-call.js';
import type { GraphReader } from '../../graph/client/graph-client.js';
import { concernsEveryCall } from '../../graph/client/graph-error.js';
import type { NamedReference } from '../../graph/policies/reference-names.js';
import type { ReferenceKind } from '../../policies/catalogue/policy-type.js';
import { REFERENCE_SOURCES } from '../../policies/catalogue/references.js';
import type { ReferenceFate, ReferenceFates } from './reference-fates.js';
import type { PlannedPolicy } from './restore-events.js';

/** Kinds whose ids can come to mean another object, so that the name decides as well (K6). */
const NAME_DECIDES: ReadonlySet<ReferenceKind> = new Set(['scope_tag', 'assignment_filter']);

const MISSING: ReferenceFate = { fate: 'missing', becomes: null };

/** What the same restore does with the policies that were planned before, by their ids in lower case. */
export type PlannedBefore = ReadonlyMap<string, Pick<PlannedPolicy, 'action' | 'liveId'>>;

/**
 * Finds out what references become: by what this restore itself writes, and else by asking the tenant whether the
 * object is there. Each object is asked for once. Errors: GraphError where no call can succeed; the signal's reason.
 */
export function createReferenceFates({
  graph,
  call,
  plannedBefore,
}: {
  readonly graph: Pick<GraphReader, 'batch'>;
  readonly call: GraphCall;
  readonly plannedBefore: PlannedBefore;
}): ReferenceFates {
  const live = new Map<string, Promise<ReferenceFate>>();

  /** Asks for up to twenty objects in one request. */
  function ask(references: readonly NamedReference[]): void {
    const answers = graph.batch(
      references.map(({ kind, id }) => `${REFERENCE_SOURCES[kind].path}/${encodeURIComponent(id)}`),
      call,
    );
    for (const [index, reference] of references.entries())
      live.set(
        keyOf(reference),
        answers.then((all) => {
          const answer = all[index];
          if (!answer) return MISSING;
          if (!('error' in answer)) return fateOfLive(reference, answer.body.displayName);
          if (concernsEveryCall(answer.error)) throw answer.error;
          return MISSING;
        }),
      );
  }

  function knownFate(reference: NamedReference): ReferenceFate | undefined {
    const before = plannedBefore.get(reference.id.toLowerCase());
    if (before?.action === 'create') return { fate: 'restored_before', becomes: null };
    if (before?.action === 'recreated') return { fate: 'restored_before', becomes: before.liveId };
    if (before?.action === 'update' || before?.action === 'leave')
      return { fate: 'same', becomes: reference.id };
    // Objects that can't be asked for, such as people, keep their ids.
    return REFERENCE_SOURCES[reference.kind].path === null
      ? { fate: 'same', becomes: reference.id }
      : undefined;
  }

  return {
    async of(references) {
      const known = references.map(knownFate);
      const open = references.filter((reference, index) => !known[index] && !live.has(keyOf(reference)));
      for (let from = 0; from < open.length; from += BATCH_REQUESTS_MAX)
        ask(open.slice(from, from + BATCH_REQUESTS_MAX));
      return Promise.all(
        references.map(
          async (reference, index) => known[index] ?? (await live.get(keyOf(reference))) ?? MISSING,
        ),
      );
    },
  };
}

function fateOfLive({ kind, id, name }: NamedReference, nameNow: unknown): ReferenceFate {
  if (NAME_DECIDES.has(kind) && name !== null && name !== nameNow) return MISSING;
  return { fate: 'same', becomes: id };
}

const keyOf = ({ kind, id }: NamedReference): string => `${kind} ${id.toLowerCase()}`;
