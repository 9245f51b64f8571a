import { z } from 'zod';
import { defineEvent } from '../../ledger/event-registry.js';
import { count } from '../../number-words.js';

export const scopeKeySchema = z.string().regex(/^[0-9a-f]{32}$/, 'is not a scope key');
const address = z.string().regex(/^[0-9a-f]{64}$/);
const itemId = z.string().max(300);
/** Keyed hash of the exact name; null in inventories of the first releases. */
const nameHash = address.nullable();

const observedPolicySchema = z.strictObject({
  itemId,
  policyType: z.string().max(100),
  policyId: z.string().max(200),
  /** The name as it is shown to people. */
  name: z.string().max(500),
  nameHash,
  /** Address of the artifact that holds the policy as Graph answered it. */
  artifact: address,
  /** Keyed hash of the normalised content without assignments; equal contents of one tenant have equal hashes. */
  contentHash: address,
  assignmentsHash: address,
  settingCount: z.int().min(0),
  /** The time of the last change as Graph gives it; shown to people and not compared. */
  lastModified: z.string().max(40).nullable(),
});
export type ObservedPolicy = z.infer<typeof observedPolicySchema>;

/** The policies that an inventory run read; appended together with the outcomes of their items. */
export const InventoryItemsObserved = defineEvent({
  type: 'InventoryItemsObserved',
  category: 'operation',
  meaning: 'What an inventory saw; the content itself is in artifacts, named by address.',
  words: ({ policies }) => count(policies.length, 'policy observed', 'policies observed'),
  importance: 'minor',
  version: 2,
  data: z.strictObject({
    scopeKey: scopeKeySchema,
    /** Version of the comparing rules that the hashes were made with. */
    rulesVersion: z.int().min(1),
    policies: z.array(observedPolicySchema).max(500),
    /** Policies that were listed and could not be read; their ids, labels and reasons are in their items. */
    unread: z.array(z.strictObject({ itemId, nameHash })).max(500),
  }),
  upcasters: {
    1: (data) => {
      const { policies, ...rest } = data as { policies: object[] };
      const named = policies.map((policy) => ({ ...policy, nameHash: null }));
      return { ...rest, rulesVersion: 1, policies: named, unread: [] };
    },
  },
});
