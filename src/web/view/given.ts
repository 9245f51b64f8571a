/** One field of a run's input, in words. */
export interface Given {
  readonly name: string;
  readonly value: string;
}

/** How many entries of a list are named; the others are counted. */
const ENTRIES_NAMED = 12;

/** The input of a run, field by field; empty when it has none, and for runs from before inputs were recorded. */
export function givenInWords(input: unknown): readonly Given[] {
  if (input === null || input === undefined) return [];
  if (typeof input !== 'object' || Array.isArray(input))
    return [{ name: 'input', value: valueInWords(input) }];
  return Object.entries(input)
    .map(([key, value]) => ({ name: nameInWords(key), value: valueInWords(value) }))
    .filter(({ value }) => value !== '');
}

/** `policyTypes` and `policy_types` → "policy types". */
const nameInWords = (key: string): string =>
  key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();

function valueInWords(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) {
    if (value.length === 0) return 'none';
    const named = value.slice(0, ENTRIES_NAMED).map(valueInWords).join(', ');
    const rest = value.length - ENTRIES_NAMED;
    return rest > 0 ? `${named} and ${rest} more` : named;
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
