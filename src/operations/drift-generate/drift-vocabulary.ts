import type { WordsOf } from '../vocabulary.js';
import { FindingsDetected } from './drift-events.js';

/** Codes, events and links of `drift.generate` besides those of every operation type. */
export const driftVocabulary = {
  reasonCodes: {},
  events: [FindingsDetected],
  linkKinds: ['findings'],
} as const;
export type DriftWords = WordsOf<typeof driftVocabulary>;
