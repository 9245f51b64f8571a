import { z } from 'zod';
import { batchesOf } from '../../batches-of.js';
import { snapshotIdSchema } from '../../entities/policy/policy.js';
import { type DraftOf, defineEvent } from '../../ledger/event-registry.js';
import { count } from '../../wording/number-words.js';

const address = z.string().regex(/^[0-9a-f]{64}$/);

const exportedPolicySchema = z.strictObject({
  itemId: z.string().max(300),
  policyType: z.string().max(100),
  policyId: z.string().max(200),
  /** The name as it is shown to people; the file is named by it. */
  name: z.string().max(500),
  /** The snapshot that is exported; null for a policy that the run read from Graph. */
  snapshot: snapshotIdSchema.nullable(),
  /** Address of the artifact that holds the policy as Graph answered it. */
  artifact: address,
  /** Address of the artifact with what the policy refers to, by name; null when it refers to nothing. */
  references: address.nullable(),
  /** Parts of the stored policy that are left out, because they don't belong to the backup set. */
  without: z.array(z.enum(['assignments', 'scope_tags'])).max(2),
});
export type ExportedPolicy = z.infer<typeof exportedPolicySchema>;

/** Policies that the export of a run contains; appended together with the outcomes of their items. */
export const PoliciesExported = defineEvent({
  type: 'PoliciesExported',
  category: 'operation',
  meaning: 'Policies that an export contains; the content itself is in artifacts, named by address.',
  words: ({ policies }) => count(policies.length, 'policy', 'policies'),
  importance: 'minor',
  data: z.strictObject({ policies: z.array(exportedPolicySchema).min(1).max(500) }),
});

/** Each policy takes some 450 bytes, so that an event stays well below 64 KiB. */
const POLICIES_IN_ONE_EVENT = 100;

/** Merges the events of single policies into events of a bounded size. */
export function mergeExported(
  produced: readonly DraftOf<typeof PoliciesExported>[],
): readonly DraftOf<typeof PoliciesExported>[] {
  const exported = produced.flatMap(({ data }) => data.policies);
  return batchesOf(exported, POLICIES_IN_ONE_EVENT).map((policies) => ({
    type: 'PoliciesExported',
    data: { policies },
  }));
}
