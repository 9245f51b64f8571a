import { policyTypeNamed } from '../../policies/catalogue/policy-types.js';
import { spaced } from './format.js';

/** One field of a run's input, in words. */
export interface Given {
  readonly name: string;
  readonly value: string;
}

/** The names of what an input names by its id. */
export type NamesById = ReadonlyMap<string, string>;

/** How many entries of a list are named; the others are counted. */
const ENTRIES_NAMED = 12;
const NO_NAMES: NamesById = new Map();

/** The input of a run, field by field; empty when it has none, and for runs from before inputs were recorded. */
export function givenInWords(input: unknown, names: NamesById = NO_NAMES): readonly Given[] {
  if (input === null || input === undefined) return [];
  if (typeof input !== 'object' || Array.isArray(input))
    return [{ name: 'input', value: valueInWords(input, names) }];
  return fieldsOf(input, names);
}

/** The texts of an input that may be ids, of each list as many as are named. A policy's is `type/id`, as in items. */
export function idsGiven(input: unknown): readonly string[] {
  if (typeof input === 'string') return [input];
  if (Array.isArray(input)) return input.slice(0, ENTRIES_NAMED).flatMap(idsGiven);
  if (typeof input !== 'object' || input === null) return [];
  const policy = policyRefOf(input);
  return policy ? [policy.itemId] : Object.values(input).flatMap(idsGiven);
}

const fieldsOf = (input: object, names: NamesById): readonly Given[] =>
  Object.entries(input)
    .map(([key, value]) => ({
      name: nameInWords(key, isNamed(value, names)),
      value: valueInWords(value, names),
    }))
    .filter(({ value }) => value !== '');

/** `policyTypes` and `policy_types` → "policy types"; `setId` with a named value → "set". */
function nameInWords(key: string, isNamed: boolean): string {
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
  return isNamed ? words.replace(/ (id|key)s?$/, '') : words;
}

const isNamed = (value: unknown, names: NamesById): boolean =>
  Array.isArray(value) ? value.some((one) => isNamed(one, names)) : names.has(String(value));

function valueInWords(value: unknown, names: NamesById): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string')
    return names.get(value) ?? policyTypeNamed(value)?.label ?? (isCode(value) ? spaced(value) : value);
  if (Array.isArray(value)) {
    if (value.length === 0) return 'none';
    const named = value.slice(0, ENTRIES_NAMED).map((one) => valueInWords(one, names));
    const rest = value.length - ENTRIES_NAMED;
    return `${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  }
  if (typeof value !== 'object') return String(value);
  const policy = policyRefOf(value);
  if (policy)
    return names.get(policy.itemId) ?? `${valueInWords(policy.policyType, names)} ${policy.policyId}`;
  const fields = fieldsOf(value, names);
  const named = sourceInWords(fields, value, names);
  return named ?? fields.map((field) => `${field.name} ${field.value}`).join(', ');
}

/** A source with one name: `{ from: 'backup_set', setId }` → "backup set “Before the pilot”". */
function sourceInWords(fields: readonly Given[], source: object, names: NamesById): string | undefined {
  const [from, one, ...others] = fields;
  if (from?.name !== 'from') return undefined;
  if (!one) return from.value;
  const isName = others.length === 0 && Object.values(source).some((value) => names.has(String(value)));
  return isName ? `${from.value} “${one.value}”` : undefined;
}

/** One of a schema's fixed values, such as `backup_set`. */
const isCode = (text: string): boolean => /^[a-z]+(_[a-z]+)+$/.test(text);

function policyRefOf(value: object) {
  const { policyType, policyId } = value as { readonly policyType?: unknown; readonly policyId?: unknown };
  if (typeof policyType !== 'string' || typeof policyId !== 'string') return undefined;
  return { policyType, policyId, itemId: `${policyType}/${policyId}` };
}
