import { bounded, LABEL_LENGTH_MAX } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import { succeeded } from '../handling/item-outcomes.js';
import { policyItemId } from '../inventory-sync/policy-items.js';
import type { ChosenPolicy } from '../policy-choice/read-choice.js';
import type { RunHandle } from '../run-handle.js';
import type { CommonWords, Outcome, WordsOf } from '../vocabulary.js';
import type { ExportedPolicy } from './export-events.js';
import type { EXPORT_VOCABULARY } from './export-vocabulary.js';

export type ExportRun = RunHandle<WordsOf<typeof EXPORT_VOCABULARY>>;

/** The id of a policy's item. */
export const itemIdOf = ({ policyType, policyId }: Pick<ChosenPolicy, 'policyType' | 'policyId'>): string =>
  policyItemId(policyType, policyId);

/** Records that a policy will be in the archive. */
export const recordExported = (run: ExportRun, policy: ExportedPolicy): Promise<void> =>
  run.record(
    succeeded({
      itemId: policy.itemId,
      label: policy.name,
      subject: { type: policy.policyType, id: policy.policyId },
    }),
    { type: 'PoliciesExported', data: { policies: [policy] } },
  );

/** The item of a policy that couldn't be read, by the best name that is known. */
export const failedItem = (
  policy: ChosenPolicy,
  { reasonCode, reason }: { readonly reasonCode: CommonWords['failure']; readonly reason: string },
): Outcome => ({
  itemId: itemIdOf(policy),
  label: policy.name ? bounded(sanitizeText(policy.name), LABEL_LENGTH_MAX) : policy.policyId,
  subject: { type: policy.policyType, id: policy.policyId },
  outcome: 'failed',
  reasonCode,
  reason,
});
