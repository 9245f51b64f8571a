import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { AUDIT_AREAS, type AuditArea } from '../../audit/audited.js';
import { optionalField } from '../optional-field.js';
import type { HubRead } from './hub-read.js';
import { pageWithNext } from './keyset.js';

export type AuditRow = Selectable<HubTables['audit_entries']>;

const AREAS = Object.keys(AUDIT_AREAS) as AuditArea[];
const day = z.iso.date('is no day such as 2026-11-21');

/** The filters of audit entries. All of them are in the address. */
export const auditFiltersSchema = z.object({
  /** Id of a person, a token or another actor, or `me`. */
  who: optionalField(z.string().max(100)),
  area: optionalField(z.enum(AREAS)),
  /** Id of what was acted on: a run, a finding, a person, a token. */
  about: optionalField(z.string().max(300)),
  /** Days in the reader's time zone; both are included. */
  from: optionalField(day),
  to: optionalField(day),
  /** Includes a person's own settings and read marks. */
  minor: optionalField(z.literal('yes')),
});
export type AuditFilters = z.infer<typeof auditFiltersSchema>;

/** The place of an entry in the list: `<position>.<revision>`. */
export const auditPlace = z.string().regex(/^\d{1,15}\.\d{1,9}$/);

/** An entry's place in the list, for links to the entries after or before it. */
const auditPlaceOf = ({ position, revision }: Pick<AuditRow, 'position' | 'revision'>): string =>
  `${position}.${revision}`;

/** A range of entries to read. */
export interface AuditRange {
  readonly filters: AuditFilters;
  /** The reader; `me` stands for this person. */
  readonly personId: string;
  /** Milliseconds since 1970: at or after the first and before the second; null for no bound. */
  readonly between: readonly [number | null, number | null];
  /** Only entries after or before a place. */
  readonly olderThan?: string | undefined;
  /** The newest position that is included. */
  readonly upTo?: number | undefined;
  readonly limit: number;
}

/** Audit entries, the newest first. */
export async function listAuditEntries(
  db: HubRead,
  { filters, personId, between, olderThan, upTo, limit }: AuditRange,
): Promise<{ readonly rows: readonly AuditRow[]; readonly older: string | null }> {
  const { who, area, about, minor } = filters;
  const [from, to] = between;
  let query = db
    .selectFrom('audit_entries')
    .selectAll()
    .orderBy('position', 'desc')
    .orderBy('revision', 'desc')
    .limit(limit + 1);
  if (who) query = query.where('actor_id', '=', who === 'me' ? personId : who);
  if (area) query = query.where('area', '=', area);
  if (about) query = query.where('subject_id', '=', about);
  if (!minor && area !== 'member') query = query.where('importance', '=', 'normal');
  if (from !== null) query = query.where('at', '>=', from);
  if (to !== null) query = query.where('at', '<', to);
  if (upTo !== undefined) query = query.where('position', '<=', upTo);
  if (olderThan !== undefined) {
    const [position = 0, revision = 0] = olderThan.split('.').map(Number);
    query = query.where((where) =>
      where(where.refTuple('position', 'revision'), '<', where.tuple(position, revision)),
    );
  }
  const { rows, next } = pageWithNext(await query.execute(), limit, auditPlaceOf);
  return { rows, older: next };
}

/** A run as its audit entries show it: its number in lists, and its present bucket. */
export interface AuditedRun {
  readonly number: number;
  readonly bucket: string;
}

/** The runs that these entries are about, by id. Runs that the read models no longer have are missing. */
export async function auditedRuns(
  db: HubRead,
  rows: readonly AuditRow[],
): Promise<ReadonlyMap<string, AuditedRun>> {
  const runs = await byIds(
    rows.filter(({ area }) => area === 'operation'),
    (ids) =>
      db
        .selectFrom('runs')
        .select(['run_id', 'queued_position', 'bucket'])
        .where('run_id', 'in', ids)
        .execute(),
  );
  return new Map(
    runs.map(({ run_id, queued_position, bucket }) => [run_id, { number: queued_position, bucket }]),
  );
}

/** Names of findings that these entries are about. */
export async function findingNames(
  db: HubRead,
  rows: readonly AuditRow[],
): Promise<ReadonlyMap<string, string>> {
  const findings = await byIds(
    rows.filter(({ area }) => area === 'finding'),
    (ids) =>
      db.selectFrom('findings').select(['fingerprint', 'name']).where('fingerprint', 'in', ids).execute(),
  );
  return new Map(findings.map(({ fingerprint, name }) => [fingerprint, name]));
}

/** Labels of the items whose changes in the tenant these entries record, by run and item. */
export async function itemLabels(
  db: HubRead,
  rows: readonly AuditRow[],
): Promise<ReadonlyMap<string, string>> {
  const keys = rows.flatMap(changedItemOf);
  if (keys.length === 0) return new Map();
  const items = await db
    .selectFrom('run_items')
    .select(['run_id', 'item_id', 'label'])
    .where('run_id', 'in', [...new Set(keys.map(({ runId }) => runId))])
    .where('item_id', 'in', [...new Set(keys.map(({ itemId }) => itemId))])
    .execute();
  return new Map(items.map(({ run_id, item_id, label }) => [`${run_id} ${item_id}`, label]));
}

/** The run and the item of a change in the tenant; empty for other entries. */
export function changedItemOf({
  act,
  subject_id: runId,
  details: { itemId },
}: AuditRow): readonly { readonly runId: string; readonly itemId: string }[] {
  return act === 'EffectSettled' && runId !== null && typeof itemId === 'string' ? [{ runId, itemId }] : [];
}

/** The latest names with which the schedules and API clients of these entries started runs. */
export async function starterNames(
  db: HubRead,
  rows: readonly AuditRow[],
): Promise<ReadonlyMap<string, string>> {
  const starters = rows.filter((row) => ['schedule', 'api'].includes(row.actor_kind));
  const ids = [...new Set(starters.map((row) => row.actor_id))];
  if (ids.length === 0) return new Map();
  const known = await db
    .selectFrom('run_initiators')
    .select(['initiator_id', 'name'])
    .where('initiator_kind', 'in', ['schedule', 'api'])
    .where('initiator_id', 'in', ids)
    .execute();
  return new Map(known.flatMap(({ initiator_id, name }) => (name === null ? [] : [[initiator_id, name]])));
}

async function byIds<Row>(
  rows: readonly AuditRow[],
  read: (ids: readonly string[]) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const ids = [...new Set(rows.flatMap(({ subject_id }) => subject_id ?? []))];
  return ids.length === 0 ? [] : read(ids);
}
