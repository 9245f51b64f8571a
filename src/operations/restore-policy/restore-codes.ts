import { failure } from '../../runs/reason-codes.js';

/** The reason codes of restoring a policy that an operation type adds to the common ones. */
export const RESTORE_CODES = {
  applied_differently: failure(
    false,
    'Graph took the policy, and answers other values than were written.',
    'Compare the policy with its snapshot; the version before the restore is kept.',
  ),
  created_incomplete: failure(
    false,
    'The policy was created, and part of its content was refused.',
    'Finish or delete the new policy in Intune; a restore in the mode “update” writes the rest.',
  ),
} as const;

/** The codes with which the restore of one policy fails for a reason of its own. */
export type RestoreCode =
  | keyof typeof RESTORE_CODES
  | 'mapping_missing'
  | 'secret_unavailable'
  | 'changed_since_preview'
  | 'created_not_assigned'
  | 'not_restorable';
