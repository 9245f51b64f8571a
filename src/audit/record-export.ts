import type { Actor } from '../ledger/envelope.js';
import type { Ledger } from '../ledger/ledger.js';
import { recordAct } from './record-act.js';

/** An export that somebody downloads. */
export interface RecordedExport {
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
export const recordExport = (
  ledger: Ledger,
  actor: Actor,
  { tenantId, correlationId, what, format, subject, rows }: RecordedExport,
): Promise<{ position: number }> =>
  recordAct(ledger, actor, {
    tenantId,
    correlationId,
    event: { type: 'ExportDownloaded', data: { what, format, subject, rows } },
  });
