import { concernsEveryCall, GraphError } from '../../graph/client/graph-error.js';
import { policyTypeNamed } from '../../policies/catalogue/policy-types.js';
import { SnapshotContentGoneError } from '../../snapshots/read-snapshot.js';
import { ItemBudgetSpent } from '../budgets.js';
import { EffectAmbiguous } from '../effect.js';
import { succeeded } from '../handling/item-outcomes.js';
import type { Restoring } from '../restore-policy/policy-to-restore.js';
import { prepareRestore } from '../restore-policy/prepare-restore.js';
import { type PostponedPolicy, type RestoredPolicy, restoreOne } from '../restore-policy/restore-one.js';
import { outcomeOfPlanned, reasonToLeave } from '../restore-preview/planned-outcome.js';
import type { PlannedPolicy } from '../restore-preview/restore-events.js';
import { RunFailure } from '../run-failure.js';
import { policyToRestore } from './policy-of-plan.js';
import type { AppliedPolicy } from './restore-applied.js';
import { CREATE, type ExecuteWords, type RestoreUnderWay } from './restore-under-way.js';

/**
 * Restores one policy and records its item. One whose assignments refer to a policy that is yet to be created is
 * `postponed` with its assignments, and not recorded. Errors: those that end the run.
 */
export async function restoreItem(
  restore: RestoreUnderWay,
  planned: PlannedPolicy,
): Promise<'recorded' | 'postponed'> {
  const { run, dryRun, failed, written, unassigned, preview } = restore;
  const oldId = planned.policyId.toLowerCase();
  const item = {
    itemId: planned.itemId,
    label: planned.name,
    subject: { type: planned.policyType, id: planned.policyId },
  };
  const foreseen = outcomeOfPlanned(planned, preview.options);
  if (foreseen.outcome !== 'succeeded') {
    if (foreseen.outcome === 'failed') failed.add(oldId);
    await run.record({ ...item, ...foreseen });
    return 'recorded';
  }
  try {
    const restored = await run.withinItemBudget((signal) => write(restore, planned, signal));
    if (restored.action === 'postponed') {
      notePostponed(restore, planned, restored);
      return 'postponed';
    }
    const { action, id, requests, before, limits } = restored;
    const policy: AppliedPolicy = {
      itemId: planned.itemId,
      policyType: planned.policyType,
      policyId: planned.policyId,
      name: planned.name,
      action,
      liveId: id,
      writes: requests,
      before,
    };
    written.set(oldId, { action: 'recreated', liveId: id });
    await run.record(
      action === 'unchanged'
        ? { ...item, outcome: 'skipped', reasonCode: 'unchanged', reason: reasonToLeave(limits) }
        : succeeded(item),
      { type: 'RestoreApplied', data: { dryRun, policies: [policy] } },
    );
  } catch (error) {
    const failure = itemFailure(error);
    if (!failure) throw error;
    failed.add(oldId);
    const isUnassigned = unassigned.has(planned.itemId) && failure.reasonCode === 'dependency_failed';
    await run.record({
      ...item,
      outcome: 'failed',
      ...failure,
      ...(isUnassigned && { reasonCode: 'created_not_assigned' }),
    });
  }
  return 'recorded';
}

/** Notes what the rest of the policy continues with, and what references to it become. */
function notePostponed(
  { begun, written, unassigned }: RestoreUnderWay,
  { itemId, policyId }: PlannedPolicy,
  postponed: PostponedPolicy,
): void {
  const { id, isCreated } = postponed;
  if (id !== null) written.set(policyId.toLowerCase(), { action: 'recreated', liveId: id });
  if (postponed.begun) begun.set(itemId, postponed.begun);
  if (isCreated) unassigned.add(itemId);
}

/** Writes the policy, or in a dry run says what would be written. */
async function write(
  restore: RestoreUnderWay,
  planned: PlannedPolicy,
  signal: AbortSignal,
): Promise<RestoredPolicy | PostponedPolicy> {
  const { services, graph, begun, dryRun, source, writeCheck } = restore;
  if (!begun.has(planned.itemId)) await writeCheck?.beforePolicy();
  const type = policyTypeNamed(planned.policyType);
  const facts = await source.facts(planned.snapshot);
  if (!type || !facts) throw new SnapshotContentGoneError(planned.snapshot);
  const whole = { snapshot: facts, ...(await source.content(facts)) };
  const restoring: Restoring = {
    services,
    graph,
    run: noting(restore),
    call: { ...restore.call, signal },
    keepForUndo: async (before) => restore.undoSet?.add(before),
    beforeRequest: async (request) => writeCheck?.beforeRequest(request),
  };
  const policy = await policyToRestore(restore, planned, type, whole);
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

/** The run, noting the ids of the policies that its effects create or change, and creates whose outcome is unknown. */
function noting({ run, touched, unknownCreates }: RestoreUnderWay): Restoring['run'] {
  return {
    tenantId: run.tenantId,
    runId: run.runId,
    produce: (stream, draft, expected) => run.produce(stream, draft, expected),
    async effect(effect) {
      try {
        const result = await run.effect(effect);
        if (typeof result?.id === 'string') touched.add(result.id.toLowerCase());
        return result;
      } catch (error) {
        if (error instanceof EffectAmbiguous && effect.intent.action === CREATE)
          unknownCreates.add(effect.itemId);
        throw error;
      }
    },
  };
}

/** Reason codes that apply to every other policy as well. */
const ENDS_THE_RUN: ReadonlySet<string> = new Set(['no_longer_permitted', 'connection_replaced']);

/** The failure of one item, or undefined for an error that ends the run. */
function itemFailure(error: unknown): { reasonCode: ExecuteWords['failure']; reason: string } | undefined {
  if (error instanceof SnapshotContentGoneError)
    return { reasonCode: 'artifact_missing', reason: error.message };
  if (error instanceof GraphError)
    return concernsEveryCall(error) ? undefined : { reasonCode: error.reasonCode, reason: error.message };
  if (error instanceof RunFailure && ENDS_THE_RUN.has(error.reasonCode)) return undefined;
  if (error instanceof ItemBudgetSpent || error instanceof RunFailure)
    return { reasonCode: error.reasonCode as ExecuteWords['failure'], reason: error.message };
  return undefined;
}
