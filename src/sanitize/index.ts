export { describeRemovals, type Removal } from './describe.js';
export {
  type FailureDetails,
  type SanitizedFailure,
  type SanitizeFailureOptions,
  sanitizeFailure,
} from './failure.js';
export { RULES, type RuleName, SANITIZER_VERSION } from './rules.js';
export { sanitizeText } from './text.js';
export { sanitizeValue } from './value.js';
