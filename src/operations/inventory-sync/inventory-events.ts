import { z } from 'zod';
import { defineEvent } from '../../ledger/event-registry.js';

export const scopeKeySchema = z.string().regex(/^[0-9a-f]{32}$/, 'is not a scope key');
const address = z.string().regex(/^[0-9a-f]{64}$/);

export const observedPolicySchema = z.strictObject({
  itemId: z.string().max(300),
  policyType: z.string().max(100),
  policyId: z.string().max(200),
  name: z.string().max(500),
  /** Address of the artifact that holds the policy as Graph answered it. */
  artifact: address,
  /** Keyed hash of the normalised content, assignments apart; equal content has an equal hash in one tenant. */
  contentHash: address,
  assignmentsHash: address,
  settingCount: z.int().min(0),
  /** As Graph says, for people; not compared. */
  lastModified: z.string().max(40).nullable(),
});
export type ObservedPolicy = z.infer<typeof observedPolicySchema>;

/** What an inventory run saw; in the same append as the outcomes of the items that saw it. */
export const InventoryItemsObserved = defineEvent({
  type: 'InventoryItemsObserved',
  category: 'operation',
  importance: 'minor',
  data: z.strictObject({
    scopeKey: scopeKeySchema,
    policies: z.array(observedPolicySchema).min(1).max(500),
  }),
});
