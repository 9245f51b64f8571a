import type { Actor } from '../ledger/envelope.js';
import type { Ledger } from '../ledger/ledger.js';
import { sanitizeText } from '../sanitize/index.js';
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

/** A subject without secrets that somebody typed into a filter, which the log would keep for good. */
function keptSubject(subject: string | null): string | null {
  if (subject === null) return null;
  const filters = [...new URLSearchParams(subject)];
  const kept = filters.map(([name, value]) => [name, sanitizeText(value)]);
  if (filters.every(([, value], at) => value === kept[at]?.[1])) return subject;
  return new URLSearchParams(kept).toString().slice(0, 2000);
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
    event: { type: 'ExportDownloaded', data: { what, format, subject: keptSubject(subject), rows } },
  });
