import type { Json, JsonObject } from '../../ledger/canonical-json.js';
import { MASKED, withholdsSecret } from '../secret-fields.js';

const ASTERISKS = /^\*{4,}$/;
/** Ending of fields that say whether a secret is set that Graph never returns, such as `preSharedKeyIsSet`. */
const IS_SET = 'IsSet';

/** Places of secrets in a value that Graph withheld, or that are masks, so that they can't be written again. */
export function withheldPlaces(value: Json, path: string): readonly string[] {
  if (typeof value === 'string') return value === MASKED || ASTERISKS.test(value) ? [path] : [];
  if (Array.isArray(value)) return [...new Set(value.flatMap((entry) => withheldPlaces(entry, path)))];
  if (value === null || typeof value !== 'object') return [];
  if (withholdsSecret(value)) return [path];
  return Object.entries(value).flatMap(([key, inner]) => withheldPlaces(inner, `${path}/${key}`));
}

/** Secrets that are set in a policy and that Graph never returns. */
export function unansweredSecrets(raw: JsonObject): readonly string[] {
  return Object.keys(raw)
    .filter((field) => field.endsWith(IS_SET) && raw[field] === true)
    .map((field) => field.slice(0, -IS_SET.length))
    .filter((field) => (raw[field] ?? '') === '');
}
