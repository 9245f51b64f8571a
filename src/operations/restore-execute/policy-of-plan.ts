import { isSameId } from '../../mapping/propose.js';
import { type PolicyType, policyName } from '../../policies/catalogue/policy-types.js';
import type { PolicyDocument } from '../../policies/policy-document.js';
import { type PolicyReference, referencesOf } from '../../policies/references.js';
import { copyName, freeCopyNumber } from '../../policies/writing/copy-name.js';
import type { WholeSnapshot } from '../../snapshots/read-snapshot.js';
import type { PolicyToRestore } from '../restore-policy/policy-to-restore.js';
import { mappedBy, sameResolutions } from '../restore-preview/reference-resolution.js';
import type { PlannedPolicy } from '../restore-preview/restore-events.js';
import { RunFailure } from '../run-failure.js';
import type { ExecuteWords, RestoreUnderWay } from './restore-under-way.js';

/**
 * What is to be written of a planned policy. Errors: RunFailure `dependency_failed`, or `changed_since_preview` for a
 * name that is taken now or a reference that became something else; GraphError.
 */
export async function policyToRestore(
  restore: RestoreUnderWay,
  planned: PlannedPolicy,
  type: PolicyType,
  { policy: snapshot, references }: WholeSnapshot,
): Promise<PolicyToRestore> {
  const { preview, source, resolver, failed, graphRoot, dryRun, touched } = restore;
  const { mode, includeAssignments, includeScopeTags } = preview.options;
  const kept = source.set.items.get(planned.itemId);
  const needed = references.find(({ id }) => failed.has(id.toLowerCase()));
  if (needed)
    throw new RunFailure<ExecuteWords['failure']>(
      'dependency_failed',
      `It refers to “${needed.name ?? needed.id}”, which could not be restored.`,
    );
  const name = policyName(type, snapshot.raw);
  const isCopy = mode === 'copy';
  if (!isCopy && planned.liveId === null) await assertNameIsFree(restore, planned, type, name);
  const copyNumber = isCopy ? await copyNumberOf(restore, planned, type, name) : 1;
  const resolutionsNow = await resolver.resolve(references);
  if (!sameResolutions(planned.references, references, resolutionsNow))
    throw new RunFailure<ExecuteWords['failure']>(
      'changed_since_preview',
      'What it refers to has become something else since the preview.',
    );
  const namesakes = new Set(planned.namesakes?.map((id) => id.toLowerCase()));
  const unwritten = dryRun
    ? []
    : references.filter(
        (_, index) =>
          resolutionsNow[index]?.resolution === 'restored_before' && !resolutionsNow[index].becomes,
      );
  const neededNow = unwritten.find((reference) => isInContent(type, snapshot, reference));
  if (neededNow)
    throw new RunFailure<ExecuteWords['failure']>(
      'dependency_failed',
      `It refers to “${neededNow.name ?? neededNow.id}”, which is not written yet.`,
    );
  return {
    itemId: planned.itemId,
    type,
    snapshot,
    mode,
    graphRoot,
    copyNumber,
    previewed:
      planned.liveId === null || planned.liveHashes === null
        ? null
        : { id: planned.liveId, ...planned.liveHashes },
    copyName: copyName(type, name, copyNumber),
    includeAssignments: includeAssignments && (kept?.includeAssignments ?? true),
    includeScopeTags: includeScopeTags && (kept?.includeScopeTags ?? true),
    mapped: mappedBy(references, resolutionsNow),
    assignLater: unwritten.length > 0,
    isAnothers: (id) => touched.has(id.toLowerCase()) || namesakes.has(id.toLowerCase()),
  };
}

/** Whether a policy refers to an object elsewhere than in its assignments. */
function isInContent(type: PolicyType, policy: PolicyDocument, { kind, id }: PolicyReference): boolean {
  return referencesOf(type, { ...policy, assignments: [] }).some(
    (reference) => reference.kind === kind && isSameId(reference.id, id),
  );
}

/** Errors: RunFailure `changed_since_preview` when another policy has got the name of one to create; GraphError. */
async function assertNameIsFree(
  { begun, touched, namesOf }: RestoreUnderWay,
  { itemId, namesakes = [] }: PlannedPolicy,
  type: PolicyType,
  name: string,
): Promise<void> {
  if (begun.has(itemId)) return;
  const { idsOf } = await namesOf(type);
  const known = new Set(namesakes.map((id) => id.toLowerCase()));
  if (idsOf(name).some((id) => !known.has(id) && !touched.has(id)))
    throw new RunFailure<ExecuteWords['failure']>(
      'changed_since_preview',
      'A policy of its name was created after the preview.',
    );
}

/** The number in the name of a copy, which an earlier attempt may have chosen. Errors: GraphError. */
async function copyNumberOf(
  { begun, namesOf, dryRun }: RestoreUnderWay,
  { itemId }: PlannedPolicy,
  type: PolicyType,
  name: string,
): Promise<number> {
  const chosen = begun.get(itemId)?.copyNumber;
  if (chosen !== undefined) return chosen;
  const { taken } = await namesOf(type);
  const number = freeCopyNumber(type, name, taken);
  if (!dryRun) taken.add(copyName(type, name, number).toLowerCase());
  return number;
}
