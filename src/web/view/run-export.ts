import { DateTime } from 'luxon';
import { BUCKET_LABELS } from '../../runs/status-bucket.js';
import type { RunRow } from '../hub/run-order.js';
import { csvLine } from './csv.js';
import { zoneNamed } from './zone.js';

/** The list of operations as a file: a head, rows with a separator between them, and a tail. */

export const FORMATS = ['csv', 'json'] as const;
export type ExportFormat = (typeof FORMATS)[number];

/** The zone of times and the names of initiators in an export. */
export interface ExportContext {
  readonly zone: string;
  nameOf(initiatorId: string): string;
}

const timeIn = (at: number | null, zone: string): string | null =>
  at === null ? null : DateTime.fromMillis(at, { zone: zoneNamed(zone) }).toISO();

/** The columns of an export in their order. */
const facts = (run: RunRow, { zone, nameOf }: ExportContext) => ({
  number: run.queued_position,
  run_id: run.run_id,
  type: run.type,
  title: run.title,
  state: BUCKET_LABELS[run.bucket],
  started_by_kind: run.initiator_kind,
  started_by: nameOf(run.initiator_id),
  total: run.total,
  succeeded: run.succeeded,
  failed: run.failed,
  skipped: run.skipped,
  attempts: run.attempt,
  created_at: timeIn(run.created_at, zone),
  started_at: timeIn(run.started_at, zone),
  finished_at: timeIn(run.finished_at, zone),
  took_seconds:
    run.finished_at === null ? null : (run.finished_at - (run.started_at ?? run.created_at)) / 1000,
  reason_code: run.reason_code,
  reason: run.reason,
  first_failure: run.first_failure,
  summary: run.summary,
  caused_by_run_id: run.caused_by_run_id,
});
const COLUMNS: readonly (keyof ReturnType<typeof facts>)[] = [
  'number',
  'run_id',
  'type',
  'title',
  'state',
  'started_by_kind',
  'started_by',
  'total',
  'succeeded',
  'failed',
  'skipped',
  'attempts',
  'created_at',
  'started_at',
  'finished_at',
  'took_seconds',
  'reason_code',
  'reason',
  'first_failure',
  'summary',
  'caused_by_run_id',
];

/** For CSV: a byte order mark, by which spreadsheets recognise UTF-8, and the names of the columns. */
export const exportHead = (format: ExportFormat): string =>
  format === 'csv' ? `\u{feff}${csvLine(COLUMNS)}` : '[\n';

/** One run as a line of CSV or a JSON object. */
export function exportRow(format: ExportFormat, run: RunRow, context: ExportContext): string {
  const row = facts(run, context);
  return format === 'csv' ? csvLine(COLUMNS.map((column) => row[column])) : JSON.stringify(row);
}

/** What stands between two runs. */
export const exportSeparator = (format: ExportFormat): string => (format === 'csv' ? '' : ',\n');

/** What stands after the last run. */
export const exportTail = (format: ExportFormat): string => (format === 'csv' ? '' : '\n]\n');
