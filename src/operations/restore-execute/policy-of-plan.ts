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
  const { preview, resolver, failed, graphRoot, dryRun, touched } = restore;
  const { mode } = preview.options;
  const includes = planned.includes ?? includedOf(restore, planned);
  const isWritten = isReferenceIn(type, includes.assignments ? snapshot : withoutAssignments(snapshot));
  const isNeeded = (reference: PolicyReference) =>
    isWritten(reference) && (includes.scopeTags || reference.kind !== 'scope_tag');
  const needed = references.find(
    (reference) => failed.has(reference.id.toLowerCase()) && isNeeded(reference),
  );
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
  if (!sameResolutions(planned, references, resolutionsNow))
    throw new RunFailure<ExecuteWords['failure']>(
      'changed_since_preview',
      'What it refers to has become something else since the preview.',
    );
  const namesakes = new Set(planned.namesakes?.map((id) => id.toLowerCase()));
  const unwritten = dryRun
    ? []
    : references.filter(
        (reference, index) =>
          resolutionsNow[index]?.resolution === 'restored_before' &&
          !resolutionsNow[index].becomes &&
          isNeeded(reference),
      );
  const neededNow = unwritten.find(isReferenceIn(type, withoutAssignments(snapshot)));
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
    includeAssignments: includes.assignments,
    includeScopeTags: includes.scopeTags,
    mapped: mappedBy(references, resolutionsNow),
    assignLater: unwritten.length > 0,
    isAnothers: (id) => touched.has(id.toLowerCase()) || namesakes.has(id.toLowerCase()),
  };
}

/** What a preview of an older program, whose plans don't say it, has included. */
function includedOf(
  { preview: { options }, source }: RestoreUnderWay,
  { itemId }: PlannedPolicy,
): NonNullable<PlannedPolicy['includes']> {
  const kept = source.set.items.get(itemId);
  return {
    assignments: options.includeAssignments && (kept?.includeAssignments ?? true),
    scopeTags: options.includeScopeTags && (kept?.includeScopeTags ?? true),
  };
}

const withoutAssignments = (policy: PolicyDocument): PolicyDocument => ({ ...policy, assignments: [] });

/** Whether the policy refers to an object. */
function isReferenceIn(type: PolicyType, policy: PolicyDocument): (reference: PolicyReference) => boolean {
  const found = referencesOf(type, policy);
  return ({ kind, id }) => found.some((other) => other.kind === kind && isSameId(other.id, id));
}

/**
 * Errors: RunFailure `changed_since_preview` when another policy has got the name of one to create, or may have got it
 * from a request of this run whose outcome is unknown; GraphError.
 */
async function assertNameIsFree(
  restore: RestoreUnderWay,
  planned: PlannedPolicy,
  type: PolicyType,
  name: string,
): Promise<void> {
  const { begun, touched, namesOf, unknownCreates } = restore;
  const { itemId, namesakes = [] } = planned;
  if (begun.has(itemId)) return;
  if (plannedNamesakes(restore, planned).some((other) => unknownCreates.has(other.itemId)))
    throw new RunFailure<ExecuteWords['failure']>(
      'changed_since_preview',
      'Another policy of its name may have been created by a request of this restore whose outcome is unknown.',
    );
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
  restore: RestoreUnderWay,
  planned: PlannedPolicy,
  type: PolicyType,
  name: string,
): Promise<number> {
  const { begun, namesOf, dryRun } = restore;
  const chosen = begun.get(planned.itemId)?.copyNumber;
  if (chosen !== undefined) return chosen;
  const { taken } = await namesOf(type);
  const number = freeCopyNumber(type, name, taken);
  if (!dryRun) taken.add(copyName(type, name, number).toLowerCase());
  return number;
}

/** The other policies of the restore that have the type and name of a planned one. */
function plannedNamesakes(
  { preview }: RestoreUnderWay,
  { itemId, policyType, name }: PlannedPolicy,
): readonly PlannedPolicy[] {
  return preview.policies.filter(
    (other) =>
      other.itemId !== itemId &&
      other.policyType === policyType &&
      other.name.toLowerCase() === name.toLowerCase(),
  );
}
