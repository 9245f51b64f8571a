import type { NamedReference } from '../../graph/policies/reference-names.js';
import { isSameId } from '../../mapping/propose.js';
import { type PolicyType, policyName } from '../../policies/catalogue/policy-types.js';
import type { PolicyDocument } from '../../policies/policy-document.js';
import { type PolicyReference, referencesOf } from '../../policies/references.js';
import { copyName, freeCopyNumber } from '../../policies/writing/copy-name.js';
import type { WholeSnapshot } from '../../snapshots/read-snapshot.js';
import type { PolicyToRestore } from '../restore-policy/policy-to-restore.js';
import {
  mappedBy,
  type ReferenceResolution,
  sameResolutions,
} from '../restore-preview/reference-resolution.js';
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
  const { preview, resolver, graphRoot, dryRun, touched } = restore;
  const { mode } = preview.options;
  const includes = planned.includes ?? includedOf(restore, planned);
  const isWritten = isReferenceIn(type, includes.assignments ? snapshot : withoutAssignments(snapshot));
  const needed = references.filter(
    (reference) => isWritten(reference) && (includes.scopeTags || reference.kind !== 'scope_tag'),
  );
  assertNoneFailed(restore, needed);
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
  const notCreatedYet = new Set(
    references.filter((_reference, index) => isNotCreatedYet(resolutionsNow[index])),
  );
  const assignedLater = dryRun ? [] : needed.filter((reference) => notCreatedYet.has(reference));
  assertOnlyAssigned(assignedLater, isReferenceIn(type, withoutAssignments(snapshot)));
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
    assignLater: assignedLater.length > 0,
    isAnothers: (id) => touched.has(id.toLowerCase()) || namesakes.has(id.toLowerCase()),
  };
}

/** Errors: RunFailure `dependency_failed` for a reference to an object that this restore failed to restore. */
function assertNoneFailed({ failed }: RestoreUnderWay, needed: readonly NamedReference[]): void {
  const found = needed.find(({ id }) => failed.has(id.toLowerCase()));
  if (found)
    throw new RunFailure<ExecuteWords['failure']>(
      'dependency_failed',
      `It refers to “${found.name ?? found.id}”, which could not be restored.`,
    );
}

/** Errors: RunFailure `dependency_failed` for a reference that the policy can't be created without. */
function assertOnlyAssigned(
  assignedLater: readonly NamedReference[],
  isInContent: (reference: PolicyReference) => boolean,
): void {
  const found = assignedLater.find(isInContent);
  if (found)
    throw new RunFailure<ExecuteWords['failure']>(
      'dependency_failed',
      `It refers to “${found.name ?? found.id}”, which is not written yet.`,
    );
}

/** Whether the same restore is to create the object and hasn't done so. */
const isNotCreatedYet = (found: ReferenceResolution | undefined): boolean =>
  found?.resolution === 'restored_before' && !found.becomes;

/** The parts that a preview of an older program included. The plans of such a preview don't contain this. */
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
