import { failure, refusal } from '../../runs/reason-codes.js';
import { RESTORE_CODES } from '../restore-policy/restore-codes.js';
import { SOURCE_LINK_KINDS } from '../restore-source/plan-source.js';
import { RestoreApplied } from './restore-applied.js';

export const executeVocabulary = {
  reasonCodes: {
    ...RESTORE_CODES,
    dependency_failed: failure(
      false,
      'The policy refers to another one of the same restore, which failed.',
      'Look at the other policy first; then preview again.',
    ),
    directory_in_use: failure(
      true,
      'Another tenant that is connected to the same directory is being restored, or nobody can say that it isn’t.',
      'Its reason says whether it had begun to write. When the other restore has ended, preview again and start from there.',
    ),
    preview_missing: refusal(
      'There is no such preview in this tenant, or it did not end with a policy to write.',
      'Preview the restore first, then start it from the preview’s page.',
    ),
    preview_outdated: refusal(
      'The preview is older than a day, or the map of groups, filters and tags was changed after it, or the tenant was connected to another directory.',
      'Preview the restore again, and start it from the new preview’s page.',
    ),
    tenant_name_differs: refusal(
      'What was typed is not the tenant’s name.',
      'Type the tenant’s name exactly as the top of the page shows it.',
    ),
  },
  events: [RestoreApplied],
  linkKinds: [...SOURCE_LINK_KINDS, 'restore'],
} as const;
