import { type ReasonKind, reasonCode } from '../runs/reason-codes.js';
import type { ItemOutcome } from '../runs/run-events.js';
import type { Vocabulary } from './vocabulary.js';

/** A run was about to record a reason code that its type doesn't have, or has for another kind of outcome. */
export class ForeignCodeError extends TypeError {
  override readonly name = 'ForeignCodeError';
}

const KINDS: Readonly<Record<ItemOutcome['outcome'], ReasonKind | null>> = {
  succeeded: null,
  failed: 'failure',
  skipped: 'skip',
};

/**
 * Checks the reason code of an item's outcome: one of the type's codes for failures or for skips, and none for a
 * success. Throws ForeignCodeError.
 */
export function assertOwnOutcome(type: NamedCodes, { itemId, outcome, reasonCode: code }: ItemOutcome): void {
  const kind = KINDS[outcome];
  if (kind === null && code !== null)
    throw new ForeignCodeError(`${type.type}: ${itemId} succeeded, with the reason code “${code}”`);
  if (kind !== null && (code === null || !isOwnCode(type, code, kind)))
    throw new ForeignCodeError(
      `${type.type}: ${itemId} ${outcome} with “${code}”, which is no ${kind} of its type`,
    );
}

/** Whether a code is common or the type's own, and of this kind. */
export function isOwnCode(type: NamedCodes, code: string, kind: ReasonKind): boolean {
  return reasonCode(code, type.reasonCodes)?.kind === kind;
}

type NamedCodes = Pick<Vocabulary, 'reasonCodes'> & { readonly type: string };
