import type { RunHandle } from '../run-handle.js';
import type { CommonWords } from '../vocabulary.js';

/** A run of any type that fills a backup set. */
export type FillingRun = RunHandle<CommonWords>;
