import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { type Evidence, evidenceSchema } from '../../operations/drift-generate/drift-events.js';
import { policyTypeNamed } from '../../policies/catalogue/policy-types.js';
import type { FindingKind } from '../../policies/compare-policy-sets.js';
import { LIMITS } from '../limits.js';
import { optionalField } from '../optional-field.js';
import { newestComparisons } from './comparison-list.js';
import type { HubRead } from './hub-read.js';
import { cutPage, pageWithNext } from './keyset.js';

export type FindingRow = Selectable<HubTables['findings']>;

export const FINDING_KIND_LABELS: Readonly<Record<FindingKind, string>> = {
  added: 'Added',
  removed: 'Removed',
  changed: 'Changed',
  assignment_changed: 'Assignment changed',
};
const KINDS = Object.keys(FINDING_KIND_LABELS) as FindingKind[];

export const findingFiltersSchema = z.object({
  kind: optionalField(z.enum(KINDS)),
  status: optionalField(z.enum(['new', 'acknowledged'])),
  type: optionalField(z.string().max(100)),
  /** Findings that this run detected. */
  run: optionalField(z.string().max(60)),
  /** Includes findings that the newest comparisons no longer have. */
  history: optionalField(z.literal('yes')),
  before: optionalField(z.coerce.number().int()),
  fingerprint: optionalField(z.string().max(64)),
});
export type FindingFilters = z.infer<typeof findingFiltersSchema>;

/**
 * One page of findings that one of these runs detected, or of all findings when `detectedBy` is null. The order is that
 * of their first detection, newest first.
 */
export async function listFindings(
  db: HubRead,
  filters: FindingFilters,
  detectedBy: readonly string[] | null,
  limit: number,
): Promise<{ readonly rows: readonly FindingRow[]; readonly hasMore: boolean }> {
  let query = findingsIn(db, filters, detectedBy)
    .orderBy('first_position', 'desc')
    .orderBy('fingerprint', 'desc')
    .limit(limit + 1);
  if (filters.status) query = query.where('findings.status', '=', filters.status);
  return cutPage(await query.execute(), limit);
}

/**
 * The findings of a page of that list, down to the one first detected at `through`, that somebody has reviewed, the
 * last reviewed first; also those that the page's filter by status no longer shows.
 */
export async function reviewedFindings(
  db: HubRead,
  filters: FindingFilters,
  detectedBy: readonly string[] | null,
  { through, limit }: { readonly through: number; readonly limit: number },
): Promise<readonly FindingRow[]> {
  return findingsIn(db, filters, detectedBy)
    .where('first_position', '>=', through)
    .where('status_at', 'is not', null)
    .orderBy('status_at', 'desc')
    .limit(limit)
    .execute();
}

/** All findings that match the filters except the one by status. */
function findingsIn(db: HubRead, filters: FindingFilters, detectedBy: readonly string[] | null) {
  let query = db.selectFrom('findings').selectAll('findings');
  if (filters.kind) query = query.where('findings.kind', '=', filters.kind);
  if (filters.type) query = query.where('policy_type', '=', filters.type);
  const { before, fingerprint } = filters;
  if (detectedBy === null) query = query.where('continued_as', 'is', null);
  else {
    query = query.where((where) =>
      where.exists(
        where
          .selectFrom('finding_detections')
          .select('finding_detections.fingerprint')
          .whereRef('finding_detections.tenant_id', '=', 'findings.tenant_id')
          .whereRef('finding_detections.fingerprint', '=', 'findings.fingerprint')
          .where('finding_detections.run_id', 'in', detectedBy.length > 0 ? [...detectedBy] : ['']),
      ),
    );
  }
  if (before !== undefined) {
    query = query.where((where) =>
      where(
        where.refTuple('first_position', 'findings.fingerprint'),
        '<',
        where.tuple(before, fingerprint ?? ''),
      ),
    );
  }
  return query;
}

/** Findings that a drift run detected, in the order of its items. */
export async function findingsOfRun(
  db: HubRead,
  runId: string,
  request: { readonly after?: string | undefined; readonly limit: number },
): Promise<{ readonly rows: readonly FindingRow[]; readonly next: string | null }> {
  let query = db
    .selectFrom('finding_detections')
    .innerJoin('findings', (join) =>
      join
        .onRef('findings.tenant_id', '=', 'finding_detections.tenant_id')
        .onRef('findings.fingerprint', '=', 'finding_detections.fingerprint'),
    )
    .selectAll('findings')
    .where('finding_detections.run_id', '=', runId)
    .orderBy('findings.fingerprint')
    .limit(request.limit + 1);
  if (request.after) query = query.where('findings.fingerprint', '>', request.after);
  return pageWithNext(await query.execute(), request.limit, ({ fingerprint }) => fingerprint);
}

/**
 * The next unacknowledged finding of the newest comparisons, in the order of the drift page. The first one follows the
 * last one.
 */
export async function nextNewFinding(db: HubRead, fingerprint: string): Promise<FindingRow | undefined> {
  const runs = (await newestComparisons(db)).map(({ run_id }) => run_id);
  const { rows } = await listFindings(db, { status: 'new' }, runs, LIMITS.findingsPerPage);
  const place = (row: FindingRow) => `${policyTypeLabel(row.policy_type)} ${1e15 - row.first_position}`;
  const inOrder = rows.toSorted((one, other) => place(one).localeCompare(place(other), 'en'));
  const here = inOrder.findIndex((row) => row.fingerprint === fingerprint);
  return [...inOrder.slice(here + 1), ...inOrder.slice(0, Math.max(0, here))].find(
    (row) => row.fingerprint !== fingerprint,
  );
}

/** The finding with this fingerprint, or undefined. */
export async function findFinding(db: HubRead, fingerprint: string): Promise<FindingRow | undefined> {
  return db.selectFrom('findings').selectAll().where('fingerprint', '=', fingerprint).executeTakeFirst();
}

/** The evidence of a finding, checked against its schema. The row holds it as the event recorded it. */
export const recordedEvidence = (finding: FindingRow): Evidence => evidenceSchema.parse(finding.evidence);

const counterpartsSchema = z.array(
  z.object({ fingerprint: z.string(), policyType: z.string(), subjectId: z.string() }),
);

/** The findings that are probably the other side of a moved policy. */
export const counterpartsOf = (finding: FindingRow) => counterpartsSchema.parse(finding.counterparts);

/** The name of a policy type for people. */
export const policyTypeLabel = (name: string): string => policyTypeNamed(name)?.label ?? name;
