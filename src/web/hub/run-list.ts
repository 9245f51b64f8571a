import type { Selectable, SelectQueryBuilder } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { STATUS_BUCKETS, type StatusBucket } from '../../runs/status-bucket.js';
import type { HubDatabase } from '../web-dependencies.js';
import type { HubRead } from './hub-read.js';
import { basisOf, endOf, LAST_PERIODS, type RunFilters, timeOf } from './run-filters.js';

export type RunRow = Selectable<HubTables['runs']>;
type RunQuery = SelectQueryBuilder<HubDatabase, 'runs', object>;

export interface RunPageRequest {
  readonly filters: RunFilters;
  /** Runs older than this position; newest first without it. */
  readonly before?: number | undefined;
  /** Runs newer than this position, the nearest ones. */
  readonly after?: number | undefined;
  readonly limit: number;
  readonly now: number;
}

export interface RunPage {
  /** Newest first. */
  readonly rows: readonly RunRow[];
  readonly hasNewer: boolean;
  readonly hasOlder: boolean;
}

/** One page of a tenant's runs. Keyset paging over the runs' numbers stays fast and stable at any depth. */
export async function listRuns(db: HubRead, request: RunPageRequest): Promise<RunPage> {
  const { before, after, limit } = request;
  const backwards = after !== undefined;
  let query = filtered(db.selectFrom('runs'), request.filters, request.now)
    .selectAll('runs')
    .orderBy('queued_position', backwards ? 'asc' : 'desc')
    .limit(limit + 1);
  if (after !== undefined) query = query.where('queued_position', '>', after);
  else if (before !== undefined) query = query.where('queued_position', '<', before);
  const found = await query.execute();
  const more = found.length > limit;
  const rows = more ? found.slice(0, limit) : found;
  return backwards
    ? { rows: rows.reverse(), hasNewer: more, hasOlder: true }
    : { rows, hasNewer: before !== undefined, hasOlder: more };
}

/** The runs with these numbers, for updating rows that a page shows. */
export async function runsNumbered(db: HubRead, numbers: readonly number[]): Promise<readonly RunRow[]> {
  if (numbers.length === 0) return [];
  return db
    .selectFrom('runs')
    .selectAll('runs')
    .where('queued_position', 'in', [...numbers])
    .execute();
}

/** Matching runs that came after a page was rendered, counted to `limit` at most. */
export interface NewRuns {
  readonly count: number;
  /** Whether all of them stand above what the page shows; one that only now fails may be far below. */
  readonly onTop: boolean;
}

/** Runs that came to match the filters after a position and are none of those that the page shows. */
export async function newRuns(
  db: HubRead,
  filters: RunFilters,
  page: { readonly position: number; readonly shown: readonly number[]; readonly newest: number },
  options: { limit: number; now: number },
): Promise<NewRuns> {
  let query = filtered(db.selectFrom('runs'), { ...filters, since: page.position }, options.now)
    .select('queued_position')
    .limit(options.limit);
  if (page.shown.length > 0) query = query.where('queued_position', 'not in', [...page.shown]);
  const rows = await query.execute();
  return {
    count: rows.length,
    onTop: rows.every(({ queued_position }) => queued_position > page.newest),
  };
}

export type BucketCounts = Readonly<Record<StatusBucket | 'all', number>>;

/** Runs by bucket from the maintained counters, for the types that the filters let through. */
export async function bucketCounts(db: HubRead, filters: RunFilters): Promise<BucketCounts> {
  const rows = await db.selectFrom('run_counters').select(['type', 'bucket', 'runs']).execute();
  const counts = { all: 0, ...Object.fromEntries(STATUS_BUCKETS.map((bucket) => [bucket, 0])) } as Record<
    StatusBucket | 'all',
    number
  >;
  for (const row of rows) {
    if (filters.type && row.type !== filters.type) continue;
    if (filters.not_type.includes(row.type)) continue;
    counts[row.bucket] += row.runs;
    counts.all += row.runs;
  }
  return counts;
}

/** Types that have runs, by name. */
export async function runTypes(db: HubRead): Promise<readonly string[]> {
  const rows = await db.selectFrom('run_counters').select('type').distinct().orderBy('type').execute();
  return rows.map(({ type }) => type);
}

/** Whether a person belongs to the tenant or has started a run of it. */
export async function isKnownPerson(db: HubRead, personId: string): Promise<boolean> {
  const member = await db
    .selectFrom('members')
    .select('person_id')
    .where('person_id', '=', personId)
    .executeTakeFirst();
  if (member) return true;
  const run = await db
    .selectFrom('runs')
    .select('run_id')
    .where('initiator_id', '=', personId)
    .where('initiator_kind', '=', 'member')
    .limit(1)
    .executeTakeFirst();
  return run !== undefined;
}

/** The person's own runs that are queued or running, oldest first. */
export async function activeRunsOf(db: HubRead, personId: string, limit: number): Promise<readonly RunRow[]> {
  return (
    db
      .selectFrom('runs')
      .selectAll('runs')
      // As the partial index says it.
      .where('lifecycle', 'in', ['pending', 'running'])
      .where('initiator_kind', '=', 'member')
      .where('initiator_id', '=', personId)
      .orderBy('queued_position')
      .limit(limit)
      .execute()
  );
}

function filtered(query: RunQuery, filters: RunFilters, now: number): RunQuery {
  let narrowed = query;
  if (filters.type) narrowed = narrowed.where('type', '=', filters.type);
  if (filters.not_type.length > 0) narrowed = narrowed.where('type', 'not in', filters.not_type);
  if (filters.bucket) narrowed = narrowed.where('bucket', '=', filters.bucket);
  if (filters.initiator === 'schedule' || filters.initiator === 'api') {
    narrowed = narrowed.where('initiator_kind', '=', filters.initiator);
  } else if (filters.initiator) narrowed = narrowed.where('initiator_id', '=', filters.initiator);
  const { reason } = filters;
  if (reason) {
    narrowed = narrowed.where((where) =>
      where(
        'run_id',
        'in',
        where.selectFrom('failures').select('failures.run_id').where('failures.reason_code', '=', reason),
      ),
    );
  }
  const { since } = filters;
  if (since !== undefined) {
    narrowed = narrowed.where((where) =>
      where.or([
        where('bucket_position', '>', since),
        ...(reason
          ? [
              where(
                'run_id',
                'in',
                where
                  .selectFrom('failures')
                  .select('failures.run_id')
                  .where('failures.reason_code', '=', reason)
                  .where('failures.position', '>', since),
              ),
            ]
          : []),
      ]),
    );
  }
  return withinTimes(narrowed, filters, now);
}

function withinTimes(query: RunQuery, filters: RunFilters, now: number): RunQuery {
  const column = `${basisOf(filters)}_at` as const;
  let narrowed = query;
  if (filters.last) narrowed = narrowed.where(column, '>=', now - LAST_PERIODS[filters.last]);
  if (filters.from) narrowed = narrowed.where(column, '>=', timeOf(filters.from));
  if (filters.to) narrowed = narrowed.where(column, '<', endOf(filters.to));
  return narrowed;
}
