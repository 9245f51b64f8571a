import type { Json } from '../../ledger/canonical-json.js';
import type { PolicyDocument } from '../policy-document.js';
import type { PolicyType } from '../policy-types.js';
import { RULES_1 } from './rules-1/hash-inputs.js';

/** Comparing rules of an earlier release, as far as fingerprints were made with them. */
export interface FormerRules {
  readonly version: number;
  /** What the hash of a policy's content was taken of. */
  contentHashInput(type: PolicyType, document: PolicyDocument): Json;
  /** What the hash of its assignments was taken of. */
  assignmentsHashInput(document: PolicyDocument): Json;
}

/** Every earlier version, newest first. None is ever changed or removed (ADR 0008). */
export const FORMER_RULES: readonly FormerRules[] = Object.freeze([RULES_1]);
