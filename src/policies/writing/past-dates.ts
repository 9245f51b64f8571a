import type { Json } from '../../ledger/canonical-json.js';

const DATE = /^\d{4}-\d\d-\d\dT/;

/** Whether a value holds a date and time before `now` (milliseconds since 1970). */
export function holdsPastDate(value: Json, now: number): boolean {
  if (typeof value === 'string') return DATE.test(value) && Date.parse(value) < now;
  if (value === null || typeof value !== 'object') return false;
  return Object.values(value).some((inner) => holdsPastDate(inner, now));
}
