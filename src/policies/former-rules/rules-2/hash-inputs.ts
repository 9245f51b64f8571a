import type { FormerRules } from '../former-rules.js';
import { RULES_3 } from '../rules-3/hash-inputs.js';

/** Rules 2 ignored what is attached to a policy, and were otherwise equal to rules 3. */
export const RULES_2: FormerRules = {
  version: 2,
  contentHashInput: (type, { raw, settings, assignments }) =>
    RULES_3.contentHashInput(type, { raw, settings, assignments }),
  assignmentsHashInput: RULES_3.assignmentsHashInput,
};
