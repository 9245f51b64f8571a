import type { WordsOf } from '../vocabulary.js';
import { RestorePlanned } from './restore-events.js';

export const previewVocabulary = {
  reasonCodes: {},
  events: [RestorePlanned],
  linkKinds: ['backup_set', 'restore_preview'],
} as const;
export type PreviewWords = WordsOf<typeof previewVocabulary>;
