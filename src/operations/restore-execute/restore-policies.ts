import type { BackupSet } from '../../entities/backup-set/backup-set.js';
import type { GraphCall } from '../../graph/client/graph-call.js';
import type { GraphReader } from '../../graph/client/graph-client.js';
import { concernsEveryCall, GraphError } from '../../graph/client/graph-error.js';
import { isEvent } from '../../ledger/event-registry.js';
import { type PolicyType, policyName, policyTypeNamed } from '../../policies/catalogue/policy-types.js';
import { copyNameFor } from '../../policies/writing/copy-name.js';
import { readSnapshot, SnapshotContentGoneError, type WholeSnapshot } from '../../snapshots/read-snapshot.js';
import { ItemBudgetSpent } from '../budgets.js';
import { EffectAmbiguous } from '../effect.js';
import { graphCallOf } from '../graph-call-of.js';
import type { OperationServices } from '../operation-services.js';
import { begunRestores } from '../restore-policy/begun-restores.js';
import type { BegunRestore, PolicyToRestore, Restoring } from '../restore-policy/policy-to-restore.js';
import { prepareRestore } from '../restore-policy/prepare-restore.js';
import { type RestoredPolicy, restoreOne } from '../restore-policy/restore-one.js';
import { createReferenceFates } from '../restore-preview/find-fates.js';
import { mappedBy, type ReferenceFates } from '../restore-preview/reference-fates.js';
import type { PlannedPolicy } from '../restore-preview/restore-events.js';
import { RunFailure } from '../run-failure.js';
import type { RunHandle } from '../run-handle.js';
import type { Outcome, WordsOf } from '../vocabulary.js';
import type { executeVocabulary } from './execute-vocabulary.js';
import type { UsablePreview } from './read-preview.js';
import { type AppliedPolicy, RestoreApplied } from './restore-applied.js';

type Words = WordsOf<typeof executeVocabulary>;

/** A restore that is under way. */
export interface Restore {
  readonly run: RunHandle<Words>;
  readonly services: OperationServices;
  readonly preview: UsablePreview;
  readonly set: Pick<BackupSet, 'items'>;
  readonly dryRun: boolean;
}

/** What is known while policies are restored one after another. */
interface Progress extends Restore {
  readonly graph: GraphReader;
  readonly graphRoot: string;
  readonly call: GraphCall;
  readonly fates: ReferenceFates;
  readonly begun: ReadonlyMap<string, BegunRestore>;
  /** Ids of policies of this restore that failed or can't be written, in lower case. */
  readonly failed: Set<string>;
  /** What references to the policies of this restore become, by their old ids in lower case. */
  readonly written: Map<string, { readonly action: PlannedPolicy['action']; readonly liveId: string | null }>;
  /** The names that a type's policies have now, in lower case. */
  readonly namesOf: (type: PolicyType) => Promise<Set<string>>;
}

/**
 * Writes the previewed policies one after another, those that others refer to first, and records each as an item. A
 * dry run does the same up to the first write.
 */
export async function restorePolicies(restore: Restore): Promise<void> {
  const { preview, run } = restore;
  const progress = await begin(restore);
  for (const planned of preview.policies) {
    run.signal.throwIfAborted();
    const before = run.recorded.get(planned.itemId);
    if (before === undefined) await restoreItem(progress, planned);
    else if (before.outcome === 'failed') progress.failed.add(planned.policyId.toLowerCase());
  }
}

async function begin(restore: Restore): Promise<Progress> {
  const { run, services } = restore;
  const { connection, graph } = await services.connection({ tenantId: run.tenantId, run, proposed: null });
  const call = graphCallOf(run);
  const written: Progress['written'] = new Map();
  for await (const event of run.history())
    if (isEvent(event, RestoreApplied))
      for (const { policyId, liveId } of event.data.policies)
        written.set(policyId.toLowerCase(), { action: 'recreated', liveId });
  return {
    ...restore,
    ...{ graph, call, written },
    graphRoot: connection.baseUrl.replace(/\/+$/, ''),
    fates: createReferenceFates({ graph, call, plannedBefore: written }),
    begun: await begunRestores(run.history()),
    failed: new Set(),
    namesOf: createNames(graph, call),
  };
}

/** Reads the names of a type's policies once, from its listing alone. */
function createNames(graph: Pick<GraphReader, 'pages'>, call: GraphCall): Progress['namesOf'] {
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

/** Restores one policy and records its item. Errors: those that end the run. */
async function restoreItem(progress: Progress, planned: PlannedPolicy): Promise<void> {
  const { run, dryRun } = progress;
  const item = {
    itemId: planned.itemId,
    label: planned.name,
    subject: { type: planned.policyType, id: planned.policyId },
  };
  const left = leftAlone(planned);
  if (left) {
    if (left.outcome === 'failed') progress.failed.add(planned.policyId.toLowerCase());
    return run.record({ ...item, ...left });
  }
  try {
    const restored = await run.withinItemBudget((signal) => write(progress, planned, signal));
    const { action, id, requests, before } = restored;
    const policy: AppliedPolicy = {
      ...{ itemId: planned.itemId, policyType: planned.policyType, policyId: planned.policyId },
      ...{ name: planned.name, action, liveId: id, writes: requests, before },
    };
    progress.written.set(planned.policyId.toLowerCase(), { action: 'recreated', liveId: id });
    await run.record(
      action === 'unchanged'
        ? { ...item, outcome: 'skipped', reasonCode: 'unchanged', reason: 'It is as it was kept.' }
        : { ...item, outcome: 'succeeded', reasonCode: null, reason: null },
      { type: 'RestoreApplied', data: { dryRun, policies: [policy] } },
    );
  } catch (error) {
    const failure = itemFailure(error);
    if (!failure) throw error;
    progress.failed.add(planned.policyId.toLowerCase());
    await run.record({ ...item, outcome: 'failed', ...failure });
  }
}

type Left = Pick<Outcome<Words>, 'outcome' | 'reasonCode' | 'reason'>;

/** The outcome of a policy that the preview found nothing to write for, or that can't be written. */
function leftAlone({ action, limits }: PlannedPolicy): Left | undefined {
  switch (action) {
    case 'leave':
      return { outcome: 'skipped', reasonCode: 'unchanged', reason: 'The preview found nothing to write.' };
    case 'not_supported':
      return {
        outcome: 'skipped',
        reasonCode: 'type_not_writable',
        reason: 'Policies of this type can’t be written.',
      };
    case 'ambiguous':
      return {
        outcome: 'failed',
        reasonCode: 'ambiguous_target',
        reason: 'Several policies in the tenant have its type and name.',
      };
    case 'blocked':
      return {
        outcome: 'failed',
        reasonCode: limits.some(({ kind }) => kind === 'unknown_reference')
          ? 'mapping_missing'
          : 'not_restorable',
        reason: limits.find(({ blocks }) => blocks)?.reason ?? 'It can’t be restored.',
      };
    default:
      return undefined;
  }
}

async function write(
  progress: Progress,
  planned: PlannedPolicy,
  signal: AbortSignal,
): Promise<RestoredPolicy> {
  const { run, services, graph, begun, dryRun } = progress;
  const type = policyTypeNamed(planned.policyType);
  const whole = await readSnapshot(services, run.tenantId, planned.snapshot);
  if (!type || !whole) throw new SnapshotContentGoneError(planned.snapshot);
  const call = { ...progress.call, signal };
  const restoring: Restoring = { services, graph, run, call };
  const policy = await policyToRestore(progress, planned, type, whole);
  const known = begun.get(planned.itemId);
  if (!dryRun) return restoreOne(restoring, policy, known);
  const { plan, input } = await prepareRestore(restoring, policy, known);
  const isThere = input.live !== null && policy.mode !== 'copy';
  return {
    action: plan.requests.length === 0 ? 'unchanged' : isThere ? 'updated' : 'created',
    id: isThere ? planned.liveId : null,
    requests: plan.requests.length,
    before: null,
    limits: plan.limits,
  };
}

/** Errors: RunFailure `dependency_failed`, or `changed_since_preview` for a name that is taken now. */
async function policyToRestore(
  progress: Progress,
  planned: PlannedPolicy,
  type: PolicyType,
  whole: WholeSnapshot,
): Promise<PolicyToRestore> {
  const { preview, set, fates, failed, begun, namesOf, dryRun, graphRoot } = progress;
  const { options } = preview;
  const kept = set.items.get(planned.itemId);
  const needed = whole.references.find(({ id }) => failed.has(id.toLowerCase()));
  if (needed)
    throw new RunFailure<Words['failure']>(
      'dependency_failed',
      `It refers to “${needed.name ?? needed.id}”, which could not be restored.`,
    );
  const name = policyName(type, whole.policy.raw);
  const names = planned.liveId === null || options.mode === 'copy' ? await namesOf(type) : new Set<string>();
  const creates = planned.liveId === null && options.mode !== 'copy';
  if (creates && !begun.has(planned.itemId) && names.has(name.toLowerCase()))
    throw new RunFailure<Words['failure']>(
      'changed_since_preview',
      'A policy of its name was created after the preview.',
    );
  const copyName = copyNameFor(type, name, names);
  if (!dryRun && (creates || options.mode === 'copy'))
    names.add((options.mode === 'copy' ? copyName : name).toLowerCase());
  return {
    itemId: planned.itemId,
    type,
    snapshot: whole.policy,
    previewed:
      planned.liveId === null || planned.liveHashes === null
        ? null
        : { id: planned.liveId, ...planned.liveHashes },
    ...{ mode: options.mode, copyName, graphRoot },
    includeAssignments: options.includeAssignments && (kept?.includeAssignments ?? true),
    includeScopeTags: options.includeScopeTags && (kept?.includeScopeTags ?? true),
    mapped: mappedBy(whole.references, await fates.of(whole.references)),
  };
}

/** The failure of one item, or undefined for an error that ends the run. */
function itemFailure(error: unknown): { reasonCode: Words['failure']; reason: string } | undefined {
  if (error instanceof SnapshotContentGoneError)
    return { reasonCode: 'artifact_missing', reason: error.message };
  if (error instanceof GraphError)
    return concernsEveryCall(error) ? undefined : { reasonCode: error.reasonCode, reason: error.message };
  if (error instanceof ItemBudgetSpent || error instanceof EffectAmbiguous)
    return { reasonCode: error.reasonCode as Words['failure'], reason: error.message };
  if (error instanceof RunFailure)
    return { reasonCode: error.reasonCode as Words['failure'], reason: error.message };
  return undefined;
}
