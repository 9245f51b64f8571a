import type { WriteLimit } from '../../policies/writing/write-plan.js';
import { bounded } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import type { Outcome } from '../vocabulary.js';
import type { PlannedPolicy } from './restore-events.js';
import type { RestoreOptions } from './restore-options.js';
import type { PreviewWords } from './restore-vocabulary.js';

const REASON_LENGTH_MAX = 500;

type PlannedOutcome = Pick<Outcome<PreviewWords>, 'outcome' | 'reasonCode' | 'reason'>;

/**
 * The outcome of a planned policy: success where there is something to write. A restore records the same outcome for
 * the policies that its preview leaves alone.
 */
export function outcomeOfPlanned(
  { action, limits, liveId }: Pick<PlannedPolicy, 'action' | 'limits' | 'liveId'>,
  { mode }: Pick<RestoreOptions, 'mode'>,
): PlannedOutcome {
  switch (action) {
    case 'create':
    case 'update':
    case 'recreated':
      return { outcome: 'succeeded', reasonCode: null, reason: null };
    case 'leave':
      return mode === 'missing' && liveId !== null
        ? { outcome: 'skipped', reasonCode: 'already_there', reason: 'The policy is there.' }
        : { outcome: 'skipped', reasonCode: 'unchanged', reason: reasonToLeave(limits) };
    case 'ambiguous':
      return {
        outcome: 'failed',
        reasonCode: 'ambiguous_target',
        reason: 'Several policies in the tenant have its type and name.',
      };
    case 'blocked': {
      const blocking = limits.filter(({ blocks }) => blocks);
      const reasons = [...new Set(blocking.map(({ reason }) => reason))].join(' ');
      return {
        outcome: 'failed',
        reasonCode: blockingCode(blocking[0]?.kind),
        reason: bounded(sanitizeText(reasons || 'It can’t be restored.'), REASON_LENGTH_MAX),
      };
    }
    case 'not_supported':
      return {
        outcome: 'skipped',
        reasonCode: 'type_not_writable',
        reason: 'Policies of this type can’t be written.',
      };
  }
}

/** Why nothing of a policy is written; with limits it may differ from its snapshot in what can't be set. */
export const reasonToLeave = (limits: readonly unknown[]): string =>
  limits.length === 0
    ? 'It is as it was kept.'
    : 'Nothing of it can be written; its preview says what can’t be set.';

/** The reason code of a limit that blocks a policy, by its kind. */
function blockingCode(kind: string | undefined): NonNullable<WriteLimit['reasonCode']> {
  if (kind === 'unknown_reference') return 'mapping_missing';
  return kind === 'secret_withheld' ? 'secret_unavailable' : 'not_restorable';
}
