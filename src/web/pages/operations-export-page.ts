import { BUCKET_LABELS } from '../../runs/status-bucket.js';
import { choose } from '../hub/run-conditions.js';
import { countRuns, listRuns } from '../hub/run-list.js';
import { LIMITS } from '../limits.js';
import { queryOf } from '../query-of.js';
import { isoTime } from '../view/format.js';
import {
  type ExportFormat,
  exportHead,
  exportRow,
  exportSeparator,
  exportTail,
  FORMATS,
} from '../view/run-export.js';
import { runFilterChips } from '../view/run-filter-chips.js';
import { WebError } from '../web-error.js';
import { nameOfInitiator } from './operations-filters.js';
import { askedFilters, type OperationsQuery, operationsQuery } from './operations-query.js';
import { definePage, type PageRead } from './page.js';
import { defineDownload } from './page-download.js';

/** Rows that are made beforehand to estimate the size of an export. */
const SAMPLE_RUNS = 200;
const SUBJECT_CHARACTERS = 2_000;

/** How many rows and bytes an export would have, before it begins. */
export const operationsExportPage = definePage<OperationsQuery>({
  path: '/operations/export',
  under: '/operations',
  capability: 'hub.read',
  template: 'pages/operations-export',
  query: operationsQuery,
  downloads: FORMATS.map(downloadAs),
  async load(read) {
    const { db, time } = read;
    const asked = await askedFilters(read);
    if (asked.movedTo) return { movedTo: asked.movedTo };
    const { shown, filters, initiators } = asked;
    const choice = await choose(db, filters, time);
    const rows = await countRuns(db, choice);
    const sample = (await listRuns(db, choice, { limit: SAMPLE_RUNS })).rows;
    const context = { zone: time.zone, nameOf: nameOfInitiator(initiators) };
    const query = queryOf({ ...shown, since: undefined });
    const [bucket] = shown.bucket;
    return {
      title: 'Export operations',
      status: Object.keys(asked.wrong).length > 0 ? 400 : 200,
      view: {
        rows,
        wrong: Object.values(asked.wrong),
        chips: runFilterChips(shown, context),
        bucket: shown.bucket.length === 1 && bucket ? { bucket, label: BUCKET_LABELS[bucket] } : null,
        files: FORMATS.map((format) => ({
          label: format.toUpperCase(),
          href: `export.${format}${query}`,
          bytes: sizeOf(
            format,
            sample.map((run) => exportRow(format, run, context)),
            rows,
          ),
        })),
        back: `../operations${query === '' ? '?view=all' : query}`,
      },
      people: [],
    };
  },
});

/** The estimated size of the file, from some of its rows. */
function sizeOf(format: ExportFormat, sample: readonly string[], rows: number): number {
  const bytes = sample.reduce((sum, row) => sum + Buffer.byteLength(row), 0);
  const each = sample.length === 0 ? 0 : bytes / sample.length;
  return Math.round(Buffer.byteLength(exportHead(format)) + each * rows);
}

/** The filtered list as a file, in the order of the list (H10). */
function downloadAs(format: ExportFormat) {
  return defineDownload<OperationsQuery>({
    path: `/operations/export.${format}`,
    capability: 'hub.read',
    query: operationsQuery,
    what: 'operations',
    async begin(read) {
      const { access, db, time } = read;
      const { shown, choice } = await chosen(read);
      return {
        fileName: `${access.tenant.slug}-operations-${isoTime(time.now).slice(0, 10)}.${format}`,
        format,
        subject: queryOf(shown).slice(1, SUBJECT_CHARACTERS) || null,
        rows: await countRuns(db, choice),
        text: exportHead(format),
      };
    },
    async part(read, { after, upTo }) {
      const { choice, initiators } = await chosen(read);
      const page = await listRuns(read.db, choice, {
        before: after ?? undefined,
        upTo,
        limit: LIMITS.exportRowsPerPart,
      });
      const context = { zone: read.time.zone, nameOf: nameOfInitiator(initiators) };
      const rows = page.rows.map((run) => exportRow(format, run, context)).join(exportSeparator(format));
      const next = page.older;
      const begins = after === null || rows === '' ? '' : exportSeparator(format);
      return { text: begins + rows + (next === null ? exportTail(format) : ''), next };
    },
  });
}

/** What the address of a download chooses. Errors: WebError `bad_request` with what is wrong in the address. */
async function chosen(read: PageRead<OperationsQuery>) {
  const { shown, filters, wrong, initiators } = await askedFilters(read);
  const whys = Object.values(wrong);
  if (whys.length > 0) throw new WebError('bad_request', whys.join(' '));
  return { shown, initiators, choice: await choose(read.db, filters, read.time) };
}
