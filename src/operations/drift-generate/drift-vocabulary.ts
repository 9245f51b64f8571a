import type { WordsOf } from '../vocabulary.js';
import { FindingsDetected } from './drift-events.js';

/** What a run of `drift.generate` may write besides what every run may. */
export const driftVocabulary = {
  reasonCodes: {},
  events: [FindingsDetected],
  linkKinds: ['findings'],
} as const;
export type DriftWords = WordsOf<typeof driftVocabulary>;
