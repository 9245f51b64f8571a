import { z } from 'zod';

/** The place of a policy in a list, as addresses hold it: its key, a dot and what the list is ordered by. */
export const policyPlace = z
  .string()
  .max(600)
  .regex(/^[0-9a-f]{32}\./s);

/** The place of a policy in a list that is ordered by `order`, and then by the key. */
export const policyPlaceOf = (policyKey: string, order: string | number): string => `${policyKey}.${order}`;

/** The parts of a place. */
export function readPolicyPlace(place: string): { readonly key: string; readonly order: string } {
  const dot = place.indexOf('.');
  return { key: place.slice(0, dot), order: place.slice(dot + 1) };
}
