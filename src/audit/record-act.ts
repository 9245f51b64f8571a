import { appendDecided } from '../ledger/append-decided.js';
import type { JsonObject } from '../ledger/canonical-json.js';
import type { Actor } from '../ledger/envelope.js';
import type { Ledger } from '../ledger/ledger.js';
import { headAfter, type StreamHead } from '../ledger/stream-head.js';
import { auditEntity } from './audit-events.js';

/** An act in a tenant that no other event records. */
export interface RecordedAct {
  readonly tenantId: string;
  readonly correlationId: string;
  readonly event: { readonly type: string; readonly data: JsonObject };
}

/** Records an act. Returns the log position of the entry. */
export async function recordAct(
  ledger: Ledger,
  actor: Actor,
  { tenantId, correlationId, event }: RecordedAct,
): Promise<{ position: number }> {
  const stream = auditEntity.stream(tenantId);
  const context = { tenantId, actor, correlationId, causationId: correlationId };
  const appended = await appendDecided<{ head: StreamHead }, never>(ledger, stream, {
    read: async () => ({ head: headAfter(await ledger.last(stream)) }),
    decide: () => ({ events: [event], context }),
  });
  return 'answer' in appended ? appended.answer : { position: appended.appended.position };
}
