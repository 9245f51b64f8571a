import { appendDecided } from '../../ledger/append-decided.js';
import type { Actor } from '../../ledger/envelope.js';
import type { Ledger } from '../../ledger/ledger.js';
import { headAfter } from '../../ledger/stream-head.js';
import { bounded } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import { findingStream } from './finding-stream.js';

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
  const changed = await appendDecided(ledger, stream, {
    async read() {
      const last = await ledger.last(stream);
      return { last, head: headAfter(last) };
    },
    decide({ last }) {
      const status = last?.type === 'FindingAcknowledged' ? 'acknowledged' : 'new';
      if (status === to) return { answer: last?.position ?? -1 };
      const type = to === 'acknowledged' ? 'FindingAcknowledged' : 'FindingReopened';
      const context = { tenantId, actor, correlationId, causationId: correlationId };
      return { events: [{ type, data: { note } }], context };
    },
  });
  return { position: 'answer' in changed ? changed.answer : changed.appended.position };
}
