import type { Json } from '../ledger/canonical-json.js';
import { NOTE_PREFIX } from './comparable-form.js';
import { MASKED } from './secret-fields.js';
import { isSecretField, namesOf } from './secret-places.js';

/** A normalised value for showing it as one text: secrets in it are masked, notes are left out. */
export function maskedJson(value: Json, field: string, around: readonly string[], secret: boolean): Json {
  if (Array.isArray(value)) return value.map((entry) => maskedJson(entry, field, around, secret));
  if (value === null || typeof value !== 'object')
    return secret && value !== null && value !== '' && typeof value !== 'boolean' ? MASKED : value;
  const names = [...around, ...namesOf(value)];
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !key.startsWith(NOTE_PREFIX))
      .map(([key, inner]) => [
        key,
        maskedJson(inner, key, names, secret || isSecretField(value, key, around)),
      ]),
  );
}
