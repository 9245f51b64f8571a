import { RevisionConflictError } from '../../ledger/event-log.js';
import type { EventDraft } from '../../ledger/event-registry.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { EMPTY_HEAD, headAfter } from '../../ledger/stream-head.js';
import type { ProducedAt, RunHandle } from '../run-handle.js';

/**
 * Appends an event at the present end of another stream, for events that are right whatever was appended before.
 * Errors: those of `produce` except RevisionConflictError.
 */
export async function produceAtEnd(
  run: Pick<RunHandle, 'produce'>,
  ledger: LedgerReader,
  stream: string,
  draft: EventDraft,
  inTenant?: string,
): Promise<ProducedAt> {
  for (;;) {
    const last = await ledger.last(stream);
    try {
      return await run.produce(stream, draft, last ? headAfter(last) : EMPTY_HEAD, inTenant);
    } catch (error) {
      if (!(error instanceof RevisionConflictError)) throw error;
    }
  }
}
