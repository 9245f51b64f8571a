import { appendDecided } from '../ledger/append-decided.js';
import type { Actor } from '../ledger/envelope.js';
import type { Ledger } from '../ledger/ledger.js';
import { headAfter, type StreamHead } from '../ledger/stream-head.js';
import { auditEntity } from './audit-events.js';

/** An export that somebody downloads. */
export interface NotedExport {
  readonly tenantId: string;
  readonly correlationId: string;
  /** What is exported: `operations`, `audit entries`. */
  readonly what: string;
  readonly format: string;
  /** What was chosen: an id, or a list's filters as they are in its address. */
  readonly subject: string | null;
  /** The number of chosen rows, or null when they aren't counted. */
  readonly rows: number | null;
}

/** Records an export before its first byte is sent. Returns the log position of the entry. */
export async function noteExport(
  ledger: Ledger,
  actor: Actor,
  { tenantId, correlationId, what, format, subject, rows }: NotedExport,
): Promise<{ position: number }> {
  const stream = auditEntity.stream(tenantId);
  const context = { tenantId, actor, correlationId, causationId: correlationId };
  const appended = await appendDecided<{ head: StreamHead }, never>(ledger, stream, {
    read: async () => ({ head: headAfter(await ledger.last(stream)) }),
    decide: () => ({
      events: [{ type: 'ExportDownloaded', data: { what, format, subject, rows } }],
      context,
    }),
  });
  return 'answer' in appended ? appended.answer : { position: appended.appended.position };
}
