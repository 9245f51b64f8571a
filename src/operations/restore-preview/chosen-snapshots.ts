import type { BackupSet } from '../../entities/backup-set/backup-set.js';
import type { RestoreOptions } from './restore-options.js';

/** A policy of a backup set that was chosen for a restore. */
export interface ChosenSnapshot {
  readonly policyKey: string;
  /** The id of its snapshot. */
  readonly snapshot: string;
  /** What of the snapshot belongs to the set. */
  readonly includeAssignments: boolean;
  readonly includeScopeTags: boolean;
}

/** The chosen policies of a set, in the order of the set. */
export function chosenSnapshots(
  { items }: Pick<BackupSet, 'items'>,
  { policies }: Pick<RestoreOptions, 'policies'>,
): readonly ChosenSnapshot[] {
  const chosen = policies && new Set(policies);
  return [...items]
    .filter(([policyKey]) => chosen?.has(policyKey) ?? true)
    .map(([policyKey, { snapshot, includeAssignments, includeScopeTags }]) => ({
      policyKey,
      snapshot,
      includeAssignments,
      includeScopeTags,
    }));
}
