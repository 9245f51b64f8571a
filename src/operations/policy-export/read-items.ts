import type { GraphReader } from '../../graph/client/graph-client.js';
import { concernsEveryCall, GraphError } from '../../graph/client/graph-error.js';
import { waitingInWords } from '../../graph/client/waiting-words.js';
import { isEvent } from '../../ledger/event-registry.js';
import { policyTypeNamed } from '../../policies/catalogue/policy-types.js';
import { encodeStoredPolicy } from '../../policies/stored-policy.js';
import { encodeReferences } from '../../snapshots/kept-references.js';
import {
  findSnapshot,
  readSnapshotContent,
  SnapshotContentGoneError,
} from '../../snapshots/read-snapshot.js';
import { shownName } from '../../snapshots/shown-policy.js';
import { ItemBudgetSpent } from '../budgets.js';
import { fewAtOnce } from '../few-at-once.js';
import { policyItemId } from '../inventory-sync/policy-items.js';
import type { OperationServices } from '../operation-services.js';
import type { RunHandle } from '../run-handle.js';
import type { CommonWords, Outcome, WordsOf } from '../vocabulary.js';
import { type ExportedPolicy, PoliciesExported } from './export-events.js';
import type { ExportItem, LiveItem, StoredItem } from './export-items.js';
import type { EXPORT_VOCABULARY } from './export-vocabulary.js';

export type ExportRun = RunHandle<WordsOf<typeof EXPORT_VOCABULARY>>;

/** Policies that are read at the same time; all runs of a process share the limits of Graph. */
const AT_ONCE = 8;

type Failure = { readonly reasonCode: CommonWords['failure']; readonly reason: string };

/**
 * Reads the items that have no outcome yet, stores what came from Graph, and records the outcomes. Resolves to all
 * policies that the export will contain, with those of earlier attempts. Errors: GraphError that every further read
 * would meet as well; those of the run.
 */
export async function readItems(
  run: ExportRun,
  services: OperationServices,
  items: readonly ExportItem[],
): Promise<readonly ExportedPolicy[]> {
  const exported = await exportedBefore(run);
  let graph: Promise<GraphReader> | undefined;
  await fewAtOnce(items, AT_ONCE, async (item) => {
    run.signal.throwIfAborted();
    if (item.kind === 'live' && run.recorded.has(itemIdOf(item.policy))) return;
    graph ??= item.kind === 'live' ? services.graph({ tenantId: run.tenantId, run }) : undefined;
    const policy =
      item.kind === 'live'
        ? await readLive(run, services, item, (await graph) as GraphReader)
        : await readStored(run, services, item);
    if (policy) exported.set(policy.itemId, policy);
  });
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

/** Reads a policy from Graph and records its item; undefined when it couldn't be read. */
async function readLive(
  run: ExportRun,
  { artifacts }: OperationServices,
  { policy: chosen }: LiveItem,
  graph: GraphReader,
): Promise<ExportedPolicy | undefined> {
  const { policyType, policyId } = chosen;
  const itemId = itemIdOf(chosen);
  const type = policyTypeNamed(policyType);
  if (!type) throw run.failure('unexpected', `This program doesn't know the policy type ${policyType}.`);
  try {
    const exported = await run.withinItemBudget(async (signal): Promise<ExportedPolicy> => {
      const { policy, references } = await graph.readWhole(type, policyId, {
        signal,
        onWaiting: (waiting) =>
          run.waiting({
            reasonCode: waiting.reasonCode,
            until: waiting.untilMs,
            reason: waitingInWords(waiting),
          }),
      });
      const [artifact, named] = await Promise.all([
        artifacts.put(run.tenantId, encodeStoredPolicy(type, policy)),
        references.length === 0 ? null : artifacts.put(run.tenantId, encodeReferences(references)),
      ]);
      const name = shownName(policy);
      return { itemId, policyType, policyId, name, snapshot: null, artifact, references: named, without: [] };
    });
    await recordExported(run, exported);
    return exported;
  } catch (error) {
    if (!(error instanceof GraphError || error instanceof ItemBudgetSpent)) throw error;
    if (concernsEveryCall(error)) throw error;
    const { reasonCode } = error;
    const reason =
      reasonCode === 'graph_not_found'
        ? 'The tenant has no such policy any more; it was probably deleted. An inventory will show.'
        : error.message;
    await run.record(failedItem(itemId, chosen, { reasonCode, reason }));
    return undefined;
  }
}

/** Looks at a stored version and records its item; undefined when its content is gone or it was recorded before. */
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
    await run.record(failedItem(itemId, snapshot, { reasonCode, reason: error.message }));
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

const failedItem = (
  itemId: string,
  policy: { readonly policyType: string; readonly policyId: string; readonly name: string | null },
  why: Failure,
): Outcome => ({
  itemId,
  label: policy.name ?? policy.policyId,
  subject: { type: policy.policyType, id: policy.policyId },
  outcome: 'failed',
  ...why,
});
