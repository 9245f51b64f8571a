import { DateTime } from 'luxon';
import { z } from 'zod';
import { AUDIT_AREAS } from '../../audit/audited.js';
import { BUCKET_LABELS, type StatusBucket } from '../../runs/status-bucket.js';
import {
  type AuditFilters,
  auditedRuns,
  auditFiltersSchema,
  auditPlace,
  findingNames,
  itemLabels,
  listAuditEntries,
  starterNames,
} from '../hub/audit-list.js';
import { listGrants, listMembers } from '../hub/member-list.js';
import { LIMITS } from '../limits.js';
import { queryOf } from '../query-of.js';
import { type AuditEntry, auditEntry, namedIn } from '../view/audit-entries.js';
import { csvLine } from '../view/csv.js';
import { type FilterChip, filterChips } from '../view/filter-chips.js';
import { isoTime } from '../view/format.js';
import { zoneNamed } from '../view/zone.js';
import { definePage, type PageRead } from './page.js';
import { type DownloadPlace, defineDownload } from './page-download.js';

const pageQuery = auditFiltersSchema.extend({
  before: auditPlace.optional(),
  newest: z.coerce.number().int().optional(),
});
const FORMATS = ['csv', 'jsonl'] as const;
const FORMAT_LABELS = { csv: 'CSV, for a spreadsheet', jsonl: 'JSON lines' } as const;
const exportQuery = auditFiltersSchema.extend({ format: z.enum(FORMATS).default('csv') });

/** The columns of the file: every field that the page shows, and the ids behind the names. */
const COLUMNS = [
  'at',
  'position',
  'actor_kind',
  'actor_id',
  'actor',
  'act',
  'subject_id',
  'subject',
  'details',
  'result',
  'reason_code',
] as const;

/** All audit entries that match, as CSV or JSON lines. */
const exportEntries = defineDownload<z.infer<typeof exportQuery>>({
  path: '/audit/export',
  capability: 'audit.read',
  query: exportQuery,
  what: 'audit entries',
  begin: ({ access, query: { format, ...filters }, time }) => ({
    fileName: `${access.tenant.slug}-audit-${isoTime(time.now).slice(0, 10)}.${format}`,
    format,
    subject: queryOf(filters) || null,
    rows: null,
    text: format === 'csv' ? csvLine(COLUMNS) : '',
  }),
  async part(read, place) {
    const { entries, older } = await readEntries(read, place, LIMITS.exportRowsPerPart);
    const line = read.query.format === 'csv' ? csvLine : jsonLine;
    return { text: entries.map((entry) => line(cellsOf(entry))).join(''), next: older };
  },
});

const cellsOf = (entry: AuditEntry) => [
  isoTime(entry.at),
  entry.position,
  entry.whoKind,
  entry.whoId,
  entry.who,
  entry.what,
  entry.subjectId,
  entry.subject,
  entry.detail,
  entry.result,
  entry.reasonCode,
];

const jsonLine = (cells: readonly (string | number | null)[]): string =>
  `${JSON.stringify(Object.fromEntries(COLUMNS.map((name, index) => [name, cells[index]])))}\n`;

/** Record → Audit: who did what, when, to what and with which result (A1). */
export const auditPage = definePage<z.infer<typeof pageQuery>>({
  path: '/audit',
  rail: { heading: 'Record', label: 'Audit', icon: 'audit' },
  capability: 'audit.read',
  template: 'pages/audit',
  query: pageQuery,
  downloads: [exportEntries],
  async load(read) {
    const { before, newest: _, ...filters } = read.query;
    const place = { after: before ?? null, upTo: read.position };
    const { entries, older } = await readEntries(
      { ...read, query: filters },
      place,
      LIMITS.auditEntriesPerPage,
    );
    const persons = await personsHere(read);
    const query = queryOf(filters);
    return {
      title: 'Audit',
      view: {
        base: `/t/${read.access.tenant.slug}`,
        filters,
        entries: entries.map((entry) => ({ ...entry, resultLabel: labelOf(entry) })),
        areas: Object.entries(AUDIT_AREAS),
        persons,
        chips: chipsOf(filters, persons),
        exports: FORMATS.map((format) => ({
          label: FORMAT_LABELS[format],
          href: `audit/export${queryOf({ ...filters, format })}`,
        })),
        older: older === null ? null : `audit${queryOf({ ...filters, before: older })}`,
        firstPage: `audit${query}`,
        paged: before !== undefined,
        newRuns: 0,
      },
      people: [],
      live: { newest: read.position },
    };
  },
  live: {
    async load(read) {
      const { before, newest = 0, ...filters } = read.query;
      const place = { after: null, upTo: read.position };
      const { entries } = await readEntries({ ...read, query: filters }, place, LIMITS.newRowsCounted + 1);
      const newRuns = before ? 0 : entries.filter(({ position }) => position > newest).length;
      const view = { newRuns, firstPage: `audit${queryOf(filters)}`, noun: 'act' };
      return { fragments: [{ target: 'new-rows', template: 'partials/new-rows', view }], people: [] };
    },
  },
});

async function readEntries(read: PageRead<AuditFilters>, { after, upTo }: DownloadPlace, limit: number) {
  const { db, personId, query: filters, time, runtime, access } = read;
  const { rows, older } = await listAuditEntries(db, {
    filters,
    personId,
    between: [startOf(filters.from, time.zone, 0), startOf(filters.to, time.zone, 1)],
    olderThan: after ?? undefined,
    upTo,
    limit,
  });
  const facts = {
    names: new Map([...(await starterNames(db, rows)), ...(await runtime.names(namedIn(rows)))]),
    findings: await findingNames(db, rows),
    items: await itemLabels(db, rows),
    tenants: new Map(
      runtime.deps.ports.access.tenantsOf(personId).map(({ tenantId, name }) => [tenantId, name]),
    ),
    runs: await auditedRuns(db, rows),
    base: `/t/${access.tenant.slug}`,
    opensFeatures: access.allows('features.read'),
    events: runtime.deps.events,
  };
  return { entries: rows.map((row) => auditEntry(row, facts)), older };
}

/**
 * The beginning of a day in the reader's zone, or of a day that many days later, milliseconds since 1970; null without
 * a day.
 */
const startOf = (day: string | undefined, zone: string, daysLater: number): number | null =>
  day === undefined
    ? null
    : DateTime.fromISO(day, { zone: zoneNamed(zone) })
        .plus({ days: daysLater })
        .toMillis();

/** The persons who may have acted here: members and persons with access from outside, by name. */
async function personsHere({ db, runtime }: PageRead<unknown>) {
  const { rows: members } = await listMembers(db, undefined);
  const ids = [...new Set([...members, ...(await listGrants(db))].map(({ person_id }) => person_id))];
  const names = await runtime.names(ids);
  return ids
    .map((id) => ({ id, name: names.get(id) ?? 'a former member' }))
    .sort((one, other) => one.name.localeCompare(other.name, 'en'));
}

function chipsOf(
  filters: AuditFilters,
  persons: readonly { readonly id: string; readonly name: string }[],
): readonly FilterChip[] {
  const { who, area, about, from, to, minor } = filters;
  const name = who === 'me' ? 'me' : (persons.find(({ id }) => id === who)?.name ?? who);
  const without = (field: keyof AuditFilters) => `audit${queryOf({ ...filters, [field]: undefined })}`;
  return filterChips([
    ['by', name, without('who')],
    ['about', area && AUDIT_AREAS[area], without('area')],
    ['done to', about, without('about')],
    ['from', from, without('from')],
    ['to', to, without('to')],
    ['with', minor && 'own settings and read marks', without('minor')],
  ]);
}

const labelOf = ({ result, isBucket }: AuditEntry): string =>
  isBucket ? BUCKET_LABELS[result as StatusBucket] : result.replaceAll('_', ' ');
