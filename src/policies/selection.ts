import { z } from 'zod';
import { canonicalJson, type JsonObject, sha256Hex } from '../ledger/canonical-json.js';
import { POLICY_TYPES, type PolicyType, policyTypeNameSchema } from './catalogue/policy-types.js';

/**
 * Which policies an inventory reads. Without a list it reads every type that the program knows, also types of
 * later versions, so that a new type doesn't change existing keys.
 */
export const selectionSchema = z.strictObject({
  policyTypes: z
    .array(policyTypeNameSchema)
    .min(1)
    .transform((names) => [...new Set(names)].sort())
    .optional(),
});
export type Selection = z.output<typeof selectionSchema>;

const SCOPE_KEY_LENGTH = 32;

/** The selection as JSON, without undefined fields. */
export const selectionJson = ({ policyTypes }: Selection): JsonObject => (policyTypes ? { policyTypes } : {});

/** The hash of a selection. Inventories with the same scope key can be compared. */
export function scopeKeyOf(selection: Selection): string {
  return sha256Hex(canonicalJson(selectionJson(selection))).slice(0, SCOPE_KEY_LENGTH);
}

/** The policy types of a selection, in the catalogue's order. */
export function typesOf(selection: Selection): readonly PolicyType[] {
  const names = selection.policyTypes;
  return names ? POLICY_TYPES.filter((type) => names.includes(type.name)) : POLICY_TYPES;
}

/** A selection in words: "all policies", "compliance and scripts". */
export function selectionInWords(selection: Selection): string {
  if (!selection.policyTypes) return 'all policies';
  return new Intl.ListFormat('en').format(typesOf(selection).map(({ label }) => inSentence(label)));
}

/** A label inside a sentence: it begins with a small letter, unless its first word is a name such as "PowerShell". */
const inSentence = (label: string): string =>
  label.replace(/^(?:Autopilot|[A-Z][a-z]*[A-Z]\w*)|^[A-Z]/, (start) =>
    start.length > 1 ? start : start.toLowerCase(),
  );
