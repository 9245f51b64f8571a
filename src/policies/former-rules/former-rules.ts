import type { Json } from '../../ledger/canonical-json.js';
import type { PolicyType } from '../catalogue/policy-types.js';
import type { PolicyDocument } from '../policy-document.js';
import { RULES_1 } from './rules-1/hash-inputs.js';
import { RULES_2 } from './rules-2/hash-inputs.js';
import { RULES_3 } from './rules-3/hash-inputs.js';
import { RULES_4 } from './rules-4/hash-inputs.js';

/** Comparing rules of an earlier release. Only what fingerprints were made with is kept. */
export interface FormerRules {
  readonly version: number;
  /** The input of the hash of a policy's content. */
  contentHashInput(type: PolicyType, document: PolicyDocument): Json;
  /** The input of the hash of a policy's assignments. */
  assignmentsHashInput(document: PolicyDocument): Json;
}

/** Every earlier version, newest first. None is ever changed or removed (ADR 0008). */
export const FORMER_RULES: readonly FormerRules[] = Object.freeze([RULES_4, RULES_3, RULES_2, RULES_1]);
