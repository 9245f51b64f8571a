import { z } from 'zod';
import { batchesOf } from '../../batches-of.js';
import { snapshotIdSchema } from '../../entities/policy/policy.js';
import type { DraftOf } from '../../ledger/event-registry.js';
import { defineEvent } from '../../ledger/event-registry.js';
import { count } from '../../wording/number-words.js';

const id = z.string().max(200);

const appliedPolicySchema = z.strictObject({
  /** The key of the policy. */
  itemId: z.string().max(300),
  policyType: z.string().max(100),
  /** The id that the policy had when it was kept. */
  policyId: id,
  name: z.string().max(500),
  action: z.enum(['created', 'updated', 'unchanged']),
  /** The id that it has now; null in a dry run that would create it. */
  liveId: id.nullable(),
  /** How many requests wrote it, or would write it in a dry run. */
  writes: z.int().min(0),
  /** The snapshot of it as it was before; null when it was created. */
  before: snapshotIdSchema.nullable(),
});
export type AppliedPolicy = z.infer<typeof appliedPolicySchema>;

export const RestoreApplied = defineEvent({
  type: 'RestoreApplied',
  category: 'operation',
  meaning: 'What a restore did to policies, or what a dry run of it would have done.',
  words: ({ dryRun, policies }) =>
    `${count(policies.length, 'policy', 'policies')}${dryRun ? ', nothing written' : ' written'}`,
  data: z.strictObject({
    dryRun: z.boolean(),
    policies: z.array(appliedPolicySchema).min(1).max(200),
  }),
});

type AppliedDraft = DraftOf<typeof RestoreApplied>;

/** Most policies in one event; each takes some 500 bytes at most, so that an event stays below 64 KiB. */
const POLICIES_IN_ONE_EVENT = 100;

/** Merges the events of single policies into events of a bounded size. */
export function mergeApplied(produced: readonly AppliedDraft[]): readonly AppliedDraft[] {
  const [first] = produced;
  if (!first) return [];
  const { dryRun } = first.data;
  const applied = produced.flatMap(({ data }) => data.policies);
  return batchesOf(applied, POLICIES_IN_ONE_EVENT).map((policies) => ({
    type: 'RestoreApplied',
    data: { dryRun, policies },
  }));
}
