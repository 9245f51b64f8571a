import { groupBy } from '../../group-by.js';
import { isEvent } from '../../ledger/event-registry.js';
import { derivedTypeOf, type PolicyType, policyTypeNamed } from '../../policies/catalogue/policy-types.js';
import { rankOf } from '../../policies/catalogue/policy-writing.js';
import { SnapshotContentGoneError } from '../../snapshots/read-snapshot.js';
import type { Snapshot } from '../../snapshots/snapshot.js';
import { isSameDirectory } from '../../tenancy/connected-directory.js';
import { namesForEvidence } from '../drift-generate/names-for-evidence.js';
import { eachWithinBudget } from '../handling/each-within-budget.js';
import type { ChosenSnapshot } from './chosen-snapshots.js';
import { createLiveDocuments, type LiveDocuments, type LiveType, readLiveType } from './live-targets.js';
import { planAhead } from './plan-ahead.js';
import { planItem } from './plan-item.js';
import type { Chosen, Preview } from './preview-under-way.js';
import { openMapping } from './reference-mapping.js';
import { createReferenceResolver } from './resolve-references.js';
import { type PlannedPolicy, RestorePlanned } from './restore-events.js';
import { tenantPairOf } from './restore-options.js';

/**
 * Plans all chosen policies, in the order in which a restore writes them: the objects that others refer to come first,
 * so that a reference to one of them is known when its turn comes. Each item is recorded with its plan.
 */
export async function planSet(preview: Preview, chosen: readonly ChosenSnapshot[]): Promise<void> {
  const { run, options, services, graph, call } = preview;
  const plannedBefore = await plannedEarlier(preview);
  const documents = createLiveDocuments((type, id) => graph.policy(type, id, call));
  const mapping = await openMapping(services, tenantPairOf(options, run.tenantId), options.mappingRevision);
  const resolver = createReferenceResolver({ graph, call, plannedBefore, mapping });
  const namesFor = await namesForEvidence(services, run.tenantId, []);
  const open = await withFacts(
    preview,
    chosen.filter(({ policyKey }) => !run.recorded.has(policyKey)),
  );
  const liveOf = createLiveTypes(preview, open, documents);
  const planning = { ...preview, documents, resolver, namesFor };
  await planAhead(planning, liveOf, open, plannedBefore);
  for (const item of open.toSorted((one, other) => one.rank - other.rank)) {
    run.signal.throwIfAborted();
    const live = await liveOf(item.type);
    const planned = await planItem(planning, live, item);
    if (planned) plannedBefore.set(planned.policyId.toLowerCase(), planned);
  }
}

/** What earlier attempts of this run have planned. Errors: RunFailure when they read another directory. */
async function plannedEarlier({
  run,
  directory,
}: Preview): Promise<Map<string, Pick<PlannedPolicy, 'action' | 'liveId'>>> {
  const planned = new Map<string, Pick<PlannedPolicy, 'action' | 'liveId'>>();
  for await (const event of run.history()) {
    if (!isEvent(event, RestorePlanned)) continue;
    if (event.data.directory !== null && !isSameDirectory(event.data.directory, directory))
      throw run.failure(
        'connection_replaced',
        'The tenant was connected to another directory while it was previewed.',
      );
    for (const policy of event.data.policies) planned.set(policy.policyId.toLowerCase(), policy);
  }
  return planned;
}

/** The chosen snapshots with what their events say; one that is gone fails. */
async function withFacts(preview: Preview, chosen: readonly ChosenSnapshot[]): Promise<readonly Chosen[]> {
  const { run, source } = preview;
  const found: Chosen[] = [];
  for (const item of chosen) {
    const facts = await source.facts(item.snapshot);
    const type = facts && policyTypeNamed(facts.policyType);
    if (facts && type) found.push({ ...item, facts, type, rank: await rankIn(preview, type, facts) });
    else
      await run.record({
        itemId: item.policyKey,
        label: facts?.name ?? item.policyKey,
        subject: null,
        outcome: 'failed',
        reasonCode: 'artifact_missing',
        reason: facts
          ? `This program doesn’t know the policy type ${facts.policyType}.`
          : 'The snapshot is not in the log any more.',
      });
  }
  return found;
}

/** The rank of a snapshot; only among derived types does it depend on the content, which then is read. */
async function rankIn({ source }: Preview, { writing }: PolicyType, facts: Snapshot): Promise<number> {
  if (writing === null) return 0;
  if (!writing.typed) return writing.rank;
  try {
    const { policy } = await source.content(facts);
    return rankOf(writing, derivedTypeOf(policy.raw));
  } catch (error) {
    // Its item fails for the same reason when its turn comes.
    if (error instanceof SnapshotContentGoneError) return writing.rank;
    throw error;
  }
}

/** Reads what the tenant has of a type when it is first needed. A type whose policies can't be written isn't read. */
function createLiveTypes(
  { run, source, graph, call }: Preview,
  open: readonly Chosen[],
  documents: LiveDocuments,
): (type: PolicyType) => Promise<LiveType | undefined> {
  const ofType = groupBy(open, ({ type }) => type);
  const read = new Map<PolicyType, Promise<LiveType>>();
  return async (type) => {
    if (type.writing === null) return undefined;
    const known = read.get(type);
    if (known) return known;
    const reading = readLiveType(
      {
        policies: () => eachWithinBudget(run, (signal) => graph.policies(type, { ...call, signal })),
        nameHash: source.nameHash,
        documents,
        idsReused: type.writing.idsReused,
      },
      (ofType.get(type) ?? []).map(({ facts }) => facts),
    );
    read.set(type, reading);
    return reading;
  };
}
