import { failure, refusal } from '../../runs/reason-codes.js';
import { PoliciesExported } from './export-events.js';

/** Codes, events and links of `policy.export` besides those of every operation type. */
export const EXPORT_VOCABULARY = {
  reasonCodes: {
    export_too_large: failure(
      false,
      'The file of the export would be larger than 4 GiB.',
      'Export fewer policies at once, for example one policy type after the other.',
    ),
    nothing_to_export: refusal(
      'What was to be exported is not there or can’t be used yet.',
      'Choose other policies, another backup set or another version, then start again.',
    ),
  },
  events: [PoliciesExported],
  linkKinds: ['export', 'backup_set', 'snapshot', 'policy'],
} as const;
