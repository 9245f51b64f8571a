import type { GraphReader } from '../../graph/client/graph-client.js';
import { concernsEveryCall, GraphError } from '../../graph/client/graph-error.js';
import type { WholePolicy } from '../../graph/policies/read-whole.js';
import { groupBy } from '../../group-by.js';
import { isEvent } from '../../ledger/event-registry.js';
import { policyTypeNamed } from '../../policies/catalogue/policy-types.js';
import { encodeStoredPolicy } from '../../policies/stored-policy.js';
import { bounded, LABEL_LENGTH_MAX } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import { encodeReferences } from '../../snapshots/kept-references.js';
import {
  findSnapshot,
  readSnapshotContent,
  SnapshotContentGoneError,
} from '../../snapshots/read-snapshot.js';
import { shownId, shownName } from '../../snapshots/shown-policy.js';
import { ItemBudgetSpent } from '../budgets.js';
import { eachWithinBudget } from '../each-within-budget.js';
import { fewAtOnce } from '../few-at-once.js';
import { graphCallOf } from '../graph-call-of.js';
import { policyItemId } from '../inventory-sync/policy-items.js';
import type { OperationServices } from '../operation-services.js';
import type { ChosenPolicy } from '../policy-choice/read-choice.js';
import type { RunHandle } from '../run-handle.js';
import type { CommonWords, Outcome, WordsOf } from '../vocabulary.js';
import { type ExportedPolicy, PoliciesExported } from './export-events.js';
import type { ExportItem, StoredItem } from './export-items.js';
import type { EXPORT_VOCABULARY } from './export-vocabulary.js';

export type ExportRun = RunHandle<WordsOf<typeof EXPORT_VOCABULARY>>;

/** Stored versions that are read at the same time. */
const STORED_AT_ONCE = 8;

type Failure = { readonly reasonCode: CommonWords['failure']; readonly reason: string };

/**
 * Reads the items that have no outcome yet, stores the policies that came from Graph, and records the outcomes.
 * Resolves to all policies that the export will contain, with those of earlier attempts. Errors: GraphError that
 * every further read would cause as well; those of the run.
 */
export async function readItems(
  run: ExportRun,
  services: OperationServices,
  items: readonly ExportItem[],
): Promise<readonly ExportedPolicy[]> {
  const exported = await exportedBefore(run);
  const add = (policy: ExportedPolicy | undefined) => policy && exported.set(policy.itemId, policy);
  await fewAtOnce(items, STORED_AT_ONCE, async (item) => {
    run.signal.throwIfAborted();
    if (item.kind === 'stored') add(await readStored(run, services, item));
  });
  const live = items.flatMap((item) => (item.kind === 'live' ? item.policy : []));
  const open = live.filter((policy) => !run.recorded.has(itemIdOf(policy)));
  if (open.length > 0) {
    const graph = await services.graph({ tenantId: run.tenantId, run });
    for (const [name, policies] of groupBy(open, ({ policyType }) => policyType))
      for await (const policy of readLive(run, services, graph, name, policies)) add(policy);
  }
  await run.flush();
  return [...exported.values()];
}

const itemIdOf = ({ policyType, policyId }: { readonly policyType: string; readonly policyId: string }) =>
  policyItemId(policyType, policyId);

/** What earlier attempts of the run recorded. */
async function exportedBefore(run: ExportRun): Promise<Map<string, ExportedPolicy>> {
  const exported = new Map<string, ExportedPolicy>();
  if (run.recorded.size === 0) return exported;
  for await (const event of run.history())
    if (isEvent(event, PoliciesExported))
      for (const policy of event.data.policies) exported.set(policy.itemId, policy);
  return exported;
}

/** Reads policies of one type from Graph and records their items; yields those that could be read. */
async function* readLive(
  run: ExportRun,
  services: OperationServices,
  graph: GraphReader,
  typeName: string,
  chosen: readonly ChosenPolicy[],
): AsyncGenerator<ExportedPolicy> {
  const type = policyTypeNamed(typeName);
  if (!type) throw run.failure('unexpected', `This program doesn't know the policy type ${typeName}.`);
  const left = new Map(chosen.map((policy) => [policy.policyId.toLowerCase(), policy]));
  const reads = eachWithinBudget(run, (signal) =>
    graph.readWholes(
      type,
      chosen.map(({ policyId }) => policyId),
      graphCallOf(run, signal),
    ),
  );
  try {
    for await (const read of reads) {
      const id = shownId(read.kind === 'whole' ? read.policy : read).toLowerCase();
      const policy = left.get(id);
      if (!policy) continue;
      if (read.kind === 'whole') yield await store(run, services, policy, read);
      else await run.record(failedItem({ ...policy, name: policy.name ?? read.name }, read));
      left.delete(id);
    }
  } catch (error) {
    if (!(error instanceof GraphError || error instanceof ItemBudgetSpent)) throw error;
    if (concernsEveryCall(error)) throw error;
    // The error that ended the reading of the type applies to all of its policies that weren't read before.
    const { reasonCode, message: reason } = error;
    for (const policy of left.values()) await run.record(failedItem(policy, { reasonCode, reason }));
  }
}

async function store(
  run: ExportRun,
  { artifacts }: OperationServices,
  { policyType, policyId }: ChosenPolicy,
  { policy, references }: WholePolicy,
): Promise<ExportedPolicy> {
  const [artifact, named] = await Promise.all([
    artifacts.put(run.tenantId, encodeStoredPolicy(policy.type, policy)),
    references.length === 0 ? null : artifacts.put(run.tenantId, encodeReferences(references)),
  ]);
  const itemId = policyItemId(policyType, policyId);
  const name = shownName(policy);
  const exported = { itemId, policyType, policyId, name, artifact, references: named };
  const whole: ExportedPolicy = { ...exported, snapshot: null, without: [] };
  await recordExported(run, whole);
  return whole;
}

/** Checks a stored version and records its item; undefined when its content is gone or it was recorded before. */
async function readStored(
  run: ExportRun,
  { ledger, artifacts }: OperationServices,
  { snapshotId, without }: StoredItem,
): Promise<ExportedPolicy | undefined> {
  const snapshot = await findSnapshot(ledger, run.tenantId, snapshotId);
  if (!snapshot)
    throw run.failure('artifact_missing', `The version ${snapshotId} is not in this tenant’s log.`);
  const { policyType, policyId, name, artifact, references } = snapshot;
  const itemId = itemIdOf(snapshot);
  if (run.recorded.has(itemId)) return undefined;
  try {
    await run.withinItemBudget(() => readSnapshotContent(artifacts, run.tenantId, snapshot));
    const exported = { itemId, policyType, policyId, name, snapshot: snapshotId, artifact, references };
    const whole = { ...exported, without: [...without] };
    await recordExported(run, whole);
    return whole;
  } catch (error) {
    if (!(error instanceof SnapshotContentGoneError || error instanceof ItemBudgetSpent)) throw error;
    const reasonCode = error instanceof ItemBudgetSpent ? error.reasonCode : 'artifact_missing';
    await run.record(failedItem(snapshot, { reasonCode, reason: error.message }));
    return undefined;
  }
}

const recordExported = (run: ExportRun, policy: ExportedPolicy): Promise<void> =>
  run.record(
    {
      itemId: policy.itemId,
      label: policy.name,
      subject: { type: policy.policyType, id: policy.policyId },
      ...{ outcome: 'succeeded', reasonCode: null, reason: null },
    },
    { type: 'PoliciesExported', data: { policies: [policy] } },
  );

/** The item of a policy that couldn't be read, by the best name that is known. */
const failedItem = (
  policy: Pick<ChosenPolicy, 'policyType' | 'policyId' | 'name'>,
  { reasonCode, reason }: Failure,
): Outcome => ({
  itemId: itemIdOf(policy),
  label: policy.name ? bounded(sanitizeText(policy.name), LABEL_LENGTH_MAX) : policy.policyId,
  subject: { type: policy.policyType, id: policy.policyId },
  outcome: 'failed',
  ...{ reasonCode, reason },
});
