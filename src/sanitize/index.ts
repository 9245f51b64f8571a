/**
 * Removes secrets and personal data from everything that comes from outside, before it is recorded or logged.
 * `sanitizeText` and `sanitizeValue` clean texts and JSON, `sanitizeFailure` makes the reason of a failure, and each
 * removal leaves a mark that names its rule. Pure; docs/sanitizer.md lists the rules.
 */
export { describeRemovals, type Removal } from './describe.js';
export {
  type FailureDetails,
  type SanitizedFailure,
  type SanitizeFailureOptions,
  sanitizeFailure,
  sanitizeMessage,
} from './failure.js';
export { RULES, type RuleName, SANITIZER_VERSION } from './rules.js';
export { sanitizeText } from './text.js';
export { sanitizeValue } from './value.js';
