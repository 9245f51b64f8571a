import { type PolicyType, policyName } from '../../policies/catalogue/policy-types.js';
import { copyNameFor } from '../../policies/writing/copy-name.js';
import type { WholeSnapshot } from '../../snapshots/read-snapshot.js';
import type { PolicyToRestore } from '../restore-policy/policy-to-restore.js';
import { mappedBy } from '../restore-preview/reference-fates.js';
import type { PlannedPolicy } from '../restore-preview/restore-events.js';
import { RunFailure } from '../run-failure.js';
import type { ExecuteWords, RestoreUnderWay } from './restore-under-way.js';

/**
 * What is to be written of a planned policy. Errors: RunFailure `dependency_failed`, or `changed_since_preview` for a
 * name that is taken now; GraphError.
 */
export async function policyToRestore(
  restore: RestoreUnderWay,
  planned: PlannedPolicy,
  type: PolicyType,
  { policy: snapshot, references }: WholeSnapshot,
): Promise<PolicyToRestore> {
  const { preview, set, fates, failed, graphRoot } = restore;
  const { mode, includeAssignments, includeScopeTags } = preview.options;
  const kept = set.items.get(planned.itemId);
  const needed = references.find(({ id }) => failed.has(id.toLowerCase()));
  if (needed)
    throw new RunFailure<ExecuteWords['failure']>(
      'dependency_failed',
      `It refers to “${needed.name ?? needed.id}”, which could not be restored.`,
    );
  return {
    ...{ itemId: planned.itemId, type, snapshot, mode, graphRoot },
    previewed:
      planned.liveId === null || planned.liveHashes === null
        ? null
        : { id: planned.liveId, ...planned.liveHashes },
    copyName: await nameOfNew(restore, planned, type, policyName(type, snapshot.raw)),
    includeAssignments: includeAssignments && (kept?.includeAssignments ?? true),
    includeScopeTags: includeScopeTags && (kept?.includeScopeTags ?? true),
    mapped: mappedBy(references, await fates.of(references)),
  };
}

/**
 * The name for a copy, when the policy is copied. Errors: RunFailure `changed_since_preview` when a policy is to be
 * created whose name another one has got since the preview.
 */
async function nameOfNew(
  { preview, begun, namesOf, dryRun }: RestoreUnderWay,
  { itemId, liveId }: PlannedPolicy,
  type: PolicyType,
  name: string,
): Promise<string> {
  const isCopy = preview.options.mode === 'copy';
  if (!isCopy && liveId !== null) return name;
  const names = await namesOf(type);
  if (!isCopy && !begun.has(itemId) && names.has(name.toLowerCase()))
    throw new RunFailure<ExecuteWords['failure']>(
      'changed_since_preview',
      'A policy of its name was created after the preview.',
    );
  const given = isCopy ? copyNameFor(type, name, names) : name;
  if (!dryRun) names.add(given.toLowerCase());
  return given;
}
