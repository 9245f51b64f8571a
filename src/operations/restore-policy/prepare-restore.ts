import { GraphError } from '../../graph/client/graph-error.js';
import type { WholePolicy } from '../../graph/policies/read-whole.js';
import type { PolicyDocument } from '../../policies/policy-document.js';
import { planWrites } from '../../policies/writing/plan-writes.js';
import type { WriteInput, WritePlan } from '../../policies/writing/write-plan.js';
import { comparedHashesOf } from '../../snapshots/policy-hashes.js';
import { readSnapshot } from '../../snapshots/read-snapshot.js';
import { RunFailure } from '../run-failure.js';
import type { BegunRestore, PolicyToRestore, Restoring } from './policy-to-restore.js';
import type { RestoreCode } from './restore-codes.js';

/** The requests that restore one policy, and what they were planned from. */
export interface PreparedRestore {
  readonly plan: WritePlan;
  readonly input: WriteInput;
  /** The policy as it is right now; null when it is created, or when an earlier attempt has begun to write it. */
  readonly before: WholePolicy | null;
  /** Monotonic time at which `before` was read, milliseconds. */
  readonly readAtMs: number;
}

/**
 * Reads the policy as it is, checks that it is as the preview saw it, and plans the requests. A dry run ends here; it
 * writes nothing. Errors: RunFailure with a RestoreCode when the policy has changed since the preview or can't be
 * written; GraphError; those of the artifact store.
 */
export async function prepareRestore(
  restoring: Restoring,
  policy: PolicyToRestore,
  begun?: BegunRestore,
): Promise<PreparedRestore> {
  const readAtMs = restoring.services.clock.monotonicMs();
  const before = begun ? null : await readUnchanged(restoring, policy);
  const live = begun ? await readBefore(restoring, begun) : (before?.policy ?? null);
  const now = begun?.plannedAt ?? restoring.services.clock.now();
  const input: WriteInput = { ...policy, live, now };
  const plan = planWrites(input);
  const forbidden = plan.limits.find(({ reasonCode }) => reasonCode !== null);
  if (plan.action === 'blocked' && forbidden?.reasonCode)
    throw new RunFailure<RestoreCode>(forbidden.reasonCode, forbidden.reason);
  return { plan, input, before, readAtMs };
}

/** The live policy, when it is still as the preview saw it; null when nothing was there or it isn't touched. */
async function readUnchanged(
  { services, graph, run, call }: Restoring,
  { type, previewed, mode }: PolicyToRestore,
): Promise<WholePolicy | null> {
  if (previewed === null || mode === 'copy') return null;
  const whole = await graph.readWhole(type, previewed.id, call).catch((error: unknown) => {
    if (error instanceof GraphError && error.reasonCode === 'graph_not_found')
      throw changed('The policy was deleted after the preview.', error);
    throw error;
  });
  const document = whole.policy;
  const now = await comparedHashesOf(services.artifacts, run.tenantId, { type, document });
  if (now.contentHash !== previewed.contentHash || now.assignmentsHash !== previewed.assignmentsHash)
    throw changed('The policy was changed after the preview.');
  return whole;
}

/** The policy before an earlier attempt of the run began to write it. */
async function readBefore(
  { services, run }: Restoring,
  { before }: BegunRestore,
): Promise<PolicyDocument | null> {
  if (before === null) return null;
  const whole = await readSnapshot(services, run.tenantId, before);
  if (!whole) throw changed('The version before the restore, which this run kept, is gone.');
  return whole.policy;
}

function changed(reason: string, cause?: unknown): RunFailure<RestoreCode> {
  return new RunFailure<RestoreCode>('changed_since_preview', reason, { cause });
}
