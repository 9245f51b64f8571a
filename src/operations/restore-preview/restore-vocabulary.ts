import { failure, refusal, skip } from '../../runs/reason-codes.js';
import type { WordsOf } from '../vocabulary.js';
import { RestorePlanned } from './restore-events.js';

/** Codes that previews and restores of backup sets have in common. */
export const RESTORE_CODES = {
  ambiguous_target: failure(
    false,
    'Several policies in the tenant have the type and the name of this one, so nobody can say which is meant.',
    'Rename the others in the tenant, or restore it as a copy.',
  ),
  not_restorable: failure(
    false,
    'Graph doesn’t take this policy as it was kept.',
    'The reason says which part; make that part by hand in the tenant.',
  ),
  type_not_writable: skip(
    'Policies of this type can be read and not written.',
    'Make the policy by hand in the tenant; the export shows what it was.',
  ),
  already_there: skip(
    'The policy is there, and only what is missing was to be created.',
    'Choose to update what is there if it is to become what it was.',
  ),
  set_not_restorable: refusal(
    'There is no such backup set, it has expired, or it holds none of the chosen policies.',
    'Choose a backup set from the list, and policies that it holds.',
  ),
} as const;

export const previewVocabulary = {
  reasonCodes: RESTORE_CODES,
  events: [RestorePlanned],
  linkKinds: ['backup_set', 'restore_preview'],
} as const;
export type PreviewWords = WordsOf<typeof previewVocabulary>;
