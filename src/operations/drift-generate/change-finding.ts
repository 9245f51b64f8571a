import type { Actor } from '../../ledger/envelope.js';
import { RevisionConflictError } from '../../ledger/event-log.js';
import { headAfter, type Ledger } from '../../ledger/ledger.js';
import { findingStream } from '../../ledger/streams.js';
import { bounded } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';

const NOTE_LENGTH_MAX = 500;

export interface FindingChange {
  readonly tenantId: string;
  readonly fingerprint: string;
  readonly note: string | null;
  readonly correlationId: string;
}

/**
 * Acknowledges a finding or reopens it. A finding that stands that way already is left alone. Answers the
 * position of the last event of the finding's stream; -1 when nothing ever happened to it.
 */
export async function changeFinding(
  ledger: Ledger,
  to: 'acknowledged' | 'new',
  actor: Actor,
  change: FindingChange,
): Promise<{ position: number }> {
  const { tenantId, fingerprint, correlationId } = change;
  const note = change.note === null ? null : bounded(sanitizeText(change.note), NOTE_LENGTH_MAX);
  const stream = findingStream(tenantId, fingerprint);
  for (;;) {
    const last = await ledger.last(stream);
    const status = last?.type === 'FindingAcknowledged' ? 'acknowledged' : 'new';
    if (status === to) return { position: last?.position ?? -1 };
    const type = to === 'acknowledged' ? 'FindingAcknowledged' : 'FindingReopened';
    const context = { tenantId, actor, correlationId, causationId: correlationId };
    try {
      const { position } = await ledger.append(stream, headAfter(last), [{ type, data: { note } }], context);
      return { position };
    } catch (error) {
      if (!(error instanceof RevisionConflictError)) throw error;
    }
  }
}
