import { type MappingChoice, mappedName } from '../../entities/mapping/mapping.js';
import type { GraphCall } from '../../graph/client/graph-call.js';
import type { GraphReader } from '../../graph/client/graph-client.js';
import type { NamedReference } from '../../graph/policies/reference-names.js';
import { type Candidate, isSameId, NAME_DECIDES, propose } from '../../mapping/propose.js';
import { REFERENCE_SOURCES } from '../../policies/catalogue/references.js';
import { createLiveObjects, type Freshness } from './live-objects.js';
import type { ReferenceMapping } from './reference-mapping.js';
import type { ReferenceResolution, ReferenceResolver } from './reference-resolution.js';
import type { PlannedPolicy } from './restore-events.js';

const MISSING: ReferenceResolution = { resolution: 'missing', becomes: null };

/** What the same restore does with the policies that were planned before, by their ids in lower case. */
export type PlannedBefore = Pick<ReadonlyMap<string, Pick<PlannedPolicy, 'action' | 'liveId'>>, 'get'>;

/**
 * Resolves references to objects of the tenant (K6). The first rule that applies decides:
 *
 * 1. a policy that this restore writes, or leaves as it is;
 * 2. the object that a person chose;
 * 3. the object of the same id, or the only object of the exact name.
 *
 * Each object is looked up in the tenant, also one that the restore leaves, because somebody may have deleted or
 * renamed it since. Errors: GraphError where no call can succeed; the signal's reason; those of the mapping.
 */
export function createReferenceResolver({
  graph,
  call,
  plannedBefore,
  mapping,
  freshness,
}: {
  readonly graph: Pick<GraphReader, 'batch' | 'pages'>;
  readonly call: GraphCall;
  readonly plannedBefore: PlannedBefore;
  readonly mapping: ReferenceMapping;
  /** By default each object is asked for once. */
  readonly freshness?: Freshness;
}): ReferenceResolver {
  const live = createLiveObjects(graph, call, freshness);

  /** What a policy of this restore becomes; undefined for other objects. */
  function writtenBefore(reference: NamedReference): ReferenceResolution | undefined {
    const before = plannedBefore.get(reference.id.toLowerCase());
    switch (before?.action) {
      case 'create':
        return { resolution: 'restored_before', becomes: null };
      case 'recreated':
        return { resolution: 'restored_before', becomes: before.liveId };
      case 'update':
        return resolvedTo(reference, before.liveId ?? reference.id);
      default:
        return undefined;
    }
  }

  /** The id of the object that this restore leaves as it is; undefined for other objects. */
  function leftId({ id }: NamedReference): string | undefined {
    const before = plannedBefore.get(id.toLowerCase());
    return before?.action === 'leave' ? (before.liveId ?? id) : undefined;
  }

  /**
   * Resolves a reference to an object that this restore leaves; undefined when it isn't there any more under the name.
   */
  async function resolveLeft(reference: NamedReference): Promise<ReferenceResolution | undefined> {
    const id = leftId(reference);
    if (id === undefined) return undefined;
    const { kind, name } = reference;
    if (REFERENCE_SOURCES[kind].path === null) return resolvedTo(reference, id);
    const [object] = await live.withIds([{ kind, id }]);
    if (typeof object !== 'object') return undefined;
    if (NAME_DECIDES.has(kind) && object.name !== name) return undefined;
    return resolvedTo(reference, object.id);
  }

  async function resolveChosen(
    { kind, id }: NamedReference,
    { becomes }: MappingChoice,
  ): Promise<ReferenceResolution> {
    if (REFERENCE_SOURCES[kind].path === null) return resolvedTo({ id }, becomes.id);
    const [object] = await live.withIds([{ kind, id: becomes.id }]);
    if (typeof object !== 'object') return MISSING;
    const nameNow = object.name === null ? null : mappedName(object.name);
    if (NAME_DECIDES.has(kind) && nameNow !== becomes.name) return MISSING;
    return resolvedTo({ id }, object.id);
  }

  async function resolveExact(reference: NamedReference): Promise<ReferenceResolution> {
    const { kind, id, name } = reference;
    if (REFERENCE_SOURCES[kind].path === null)
      return mapping.fromOtherTenant ? MISSING : { resolution: 'same', becomes: id };
    const referred = { kind, id, name, exact: name };
    const [byId] = await live.withIds([{ kind, id }]);
    const own = typeof byId === 'object' ? [byId] : [];
    if (propose(referred, own).kind === 'exact') return { resolution: 'same', becomes: id };
    // An object that can't be read may still exist, so another one of the same name must not replace it.
    if (name === null || byId === 'unreadable') return MISSING;
    const proposal = propose(referred, [...own, ...(await namesakes(reference, name))]);
    if (proposal.kind !== 'exact') return MISSING;
    return { resolution: 'mapped', becomes: proposal.candidate.id };
  }

  /** The objects of the exact name. Groups come from the cache, as far as they are there under that name now. */
  async function namesakes({ kind, id }: NamedReference, name: string): Promise<readonly Candidate[]> {
    if (kind !== 'group')
      return (await live.named(kind, name)).filter((candidate) => !isSameId(candidate.id, id));
    const cached = await mapping.groupsNamed(name);
    const now = await live.withIds(cached.map((group) => ({ kind, id: group.id })));
    return now.flatMap((group) => (typeof group === 'object' && group.name === name ? [group] : []));
  }

  return {
    async resolve(references) {
      // One look-up of all objects takes the fewest requests; the steps below find its answers in the cache.
      await live.withIds(
        references
          .filter((reference) => !writtenBefore(reference))
          .map((reference) => ({
            kind: reference.kind,
            id: leftId(reference) ?? mapping.choiceFor(reference)?.becomes.id ?? reference.id,
          })),
      );
      return Promise.all(
        references.map(async (reference) => {
          const before = writtenBefore(reference) ?? (await resolveLeft(reference));
          if (before) return before;
          const choice = mapping.choiceFor(reference);
          return choice ? resolveChosen(reference, choice) : resolveExact(reference);
        }),
      );
    },
  };
}

function resolvedTo({ id }: Pick<NamedReference, 'id'>, becomes: string): ReferenceResolution {
  return isSameId(becomes, id) ? { resolution: 'same', becomes: id } : { resolution: 'mapped', becomes };
}
