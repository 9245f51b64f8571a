import { z } from 'zod';
import type { JsonObject } from '../../ledger/canonical-json.js';
import { policyTypeNameSchema } from '../../policies/catalogue/policy-types.js';
import { identityOf } from '../../policies/match-policies.js';
import { selectionInWords, selectionSchema } from '../../policies/selection.js';
import { bounded, runIdSchema } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import { count } from '../../wording/number-words.js';

/** A policy by its type's name in the catalogue and its id in Graph. */
export interface PolicyRef {
  readonly policyType: string;
  readonly policyId: string;
}

/** Most policies that one list may name. */
const LISTED_POLICIES_MAX = 20_000;

/** An id that can be used in an address without escaping. */
const ID = /^(?!\.+$)[^\s/?#%\\]{1,200}$/;
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const policyRefSchema = z.strictObject({
  policyType: policyTypeNameSchema,
  policyId: z
    .string()
    .regex(ID, 'is not a policy’s id')
    .refine((id) => id.isWellFormed(), 'is not a policy’s id')
    .transform((id) => (GUID.test(id) ? id.toLowerCase() : id)),
});

const NAME_LENGTH_MAX = 300;

/** A policy's name as the person saw it, for the title of a run. */
export const nameForTitle = z
  .string()
  .transform((name) => bounded(sanitizeText(name.trim()), NAME_LENGTH_MAX));

/** The list as a set: sorted, and each policy once; the case of an id doesn't matter. */
export function asSet<Policy extends PolicyRef>(policies: readonly Policy[]): Policy[] {
  const byIdentity = new Map(policies.map((policy) => [identityOfRef(policy), policy]));
  return [...byIdentity].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, policy]) => policy);
}

/** Equal exactly for references to the same policy. */
const identityOfRef = ({ policyType, policyId }: PolicyRef): string =>
  identityOf({ policyType, id: policyId });

export const listedPoliciesSchema = z
  .array(policyRefSchema)
  .min(1, 'names no policy')
  .max(LISTED_POLICIES_MAX)
  .transform(asSet);

const { policyTypes } = selectionSchema.shape;

/**
 * Which policies of a tenant an operation works on. A list of policies, a longer list that is kept as an artifact,
 * all that an inventory run listed, all that a drift run has findings about, or all that the tenant holds when the
 * operation reads it. The last three can be limited to some policy types.
 */
export const policyChoiceSchema = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('list'), policies: listedPoliciesSchema }),
  z.strictObject({
    from: z.literal('kept_list'),
    /** Address of the artifact that holds the list: its keyed hash. */
    listHash: z.string().regex(/^[0-9a-f]{64}$/, 'is not the address of a list'),
    policies: z.int().min(1).max(LISTED_POLICIES_MAX),
  }),
  z.strictObject({ from: z.literal('inventory'), runId: runIdSchema, policyTypes }),
  z.strictObject({ from: z.literal('findings'), runId: runIdSchema, policyTypes }),
  z.strictObject({ from: z.literal('tenant'), policyTypes }),
]);
export type PolicyChoice = z.output<typeof policyChoiceSchema>;
/** A choice of policies that are known before the operation reads the tenant. */
export type NamedChoice = Exclude<PolicyChoice, { readonly from: 'tenant' }>;

/** The choice as JSON, without undefined fields. */
export const choiceJson = (choice: PolicyChoice): JsonObject =>
  Object.fromEntries(Object.entries(choice).filter(([, value]) => value !== undefined)) as JsonObject;

/** How many policies a choice names; null where that isn't known before it is read. */
export function policiesIn(choice: PolicyChoice): number | null {
  if (choice.from === 'list') return choice.policies.length;
  return choice.from === 'kept_list' ? choice.policies : null;
}

/** A choice in words: "40 policies", "compliance of an inventory", "all policies". */
export function choiceInWords(choice: PolicyChoice): string {
  const named = policiesIn(choice);
  if (named !== null) return count(named, 'policy', 'policies');
  const { from, ...selection } = choice as Extract<PolicyChoice, { policyTypes?: unknown }>;
  const types = selectionInWords(selection);
  if (from === 'inventory') return `${types} of an inventory`;
  return from === 'findings' ? `${types} with findings` : types;
}
