import { z } from 'zod';
import { defineEvent } from '../../ledger/event-registry.js';
import { count } from '../../wording/number-words.js';

export const scopeKeySchema = z.string().regex(/^[0-9a-f]{32}$/, 'is not a scope key');
const address = z.string().regex(/^[0-9a-f]{64}$/);
const itemId = z.string().max(300);
/** Keyed hash of the exact name; null in inventories of the first releases. */
const nameHash = address.nullable();

/** Most settings and groups of one policy that the log names. */
export const NAMED_SETTINGS_MAX = 400;
export const NAMED_GROUPS_MAX = 200;
export const SETTING_PATH_LENGTH_MAX = 200;

/** A setting that policies are found by: Graph's names on the way to it, and its name for people where one is known. */
const namedSettingSchema = z.strictObject({
  path: z.string().max(SETTING_PATH_LENGTH_MAX),
  label: z.string().max(SETTING_PATH_LENGTH_MAX).nullable(),
});
export type NamedSetting = z.infer<typeof namedSettingSchema>;

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
  /** What it sets, as places in the event's `settings`; null in inventories of the first releases. */
  sets: z.array(z.int().min(0)).max(NAMED_SETTINGS_MAX).nullable(),
  /** The ids of the groups that it names, in lower case. */
  groups: z.array(z.guid()).max(NAMED_GROUPS_MAX),
});
export type ObservedPolicy = z.infer<typeof observedPolicySchema>;

/** The policies that an inventory run read; appended together with the outcomes of their items. */
export const InventoryItemsObserved = defineEvent({
  type: 'InventoryItemsObserved',
  category: 'operation',
  meaning: 'What an inventory saw; the content itself is in artifacts, named by address.',
  words: ({ policies }) => count(policies.length, 'policy observed', 'policies observed'),
  importance: 'minor',
  version: 3,
  data: z.strictObject({
    scopeKey: scopeKeySchema,
    /** Version of the comparing rules that the hashes were made with. */
    rulesVersion: z.int().min(1),
    policies: z.array(observedPolicySchema).max(500),
    /** The settings of these policies, each once. */
    settings: z.array(namedSettingSchema),
    /** Policies that were listed and could not be read; their ids, labels and reasons are in their items. */
    unread: z.array(z.strictObject({ itemId, nameHash })).max(500),
  }),
  upcasters: {
    1: (data) => {
      const { policies, ...rest } = data as { policies: object[] };
      const named = policies.map((policy) => ({ ...policy, nameHash: null }));
      return { ...rest, rulesVersion: 1, policies: named, unread: [] };
    },
    2: (data) => {
      const { policies, ...rest } = data as { policies: object[] };
      return {
        ...rest,
        policies: policies.map((policy) => ({ ...policy, sets: null, groups: [] })),
        settings: [],
      };
    },
  },
});
