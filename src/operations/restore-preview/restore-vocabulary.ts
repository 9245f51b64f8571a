import { SOURCE_LINK_KINDS } from '../restore-source/plan-source.js';
import type { WordsOf } from '../vocabulary.js';
import { RestorePlanned } from './restore-events.js';

export const previewVocabulary = {
  reasonCodes: {},
  events: [RestorePlanned],
  linkKinds: [...SOURCE_LINK_KINDS, 'restore_preview'],
} as const;
export type PreviewWords = WordsOf<typeof previewVocabulary>;
