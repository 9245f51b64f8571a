import {
  type Expression,
  type ExpressionBuilder,
  type RawBuilder,
  type Selectable,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { TOOK_MS } from '../../../projections/hub/models/runs.js';
import { STATUS_BUCKETS, type StatusBucket } from '../../runs/status-bucket.js';
import type { TimeFrame } from '../view/format.js';
import type { HubDatabase } from '../web-dependencies.js';
import { endOf, timeOf } from './filter-times.js';
import type { HubRead } from './hub-read.js';
import { basisOf, hasTimeRange, LAST_PERIODS, type RunFilters, sortOf } from './run-filters.js';
import { NO_SEARCH, type RunSearch, runSearch } from './run-search.js';

export type RunRow = Selectable<HubTables['runs']>;
export type RunQuery = SelectQueryBuilder<HubDatabase, 'runs', object>;

/** A choice of runs that is ready for queries: the words of a search have been looked up. */
export interface RunChoice {
  readonly filters: RunFilters;
  readonly search: RunSearch;
  /** The present moment and the zone for the times of the filters. */
  readonly time: TimeFrame;
}

/** Prepares filters for queries. */
export const choose = async (db: HubRead, filters: RunFilters, time: TimeFrame): Promise<RunChoice> => ({
  filters,
  search: filters.q === undefined ? NO_SEARCH : await runSearch(db, filters.q),
  time,
});

/** A place in a list of runs: the values that the list is ordered by, joined by `_`. */
export type RunPlace = string;
export const RUN_PLACE = /^-?\d{1,16}(_\d{1,16})?$/;

export interface RunPageRequest {
  /** Only runs after this place in the list; without it, the list from its beginning. */
  readonly before?: RunPlace | undefined;
  /** Only runs before this place, the nearest ones. */
  readonly after?: RunPlace | undefined;
  /** Only runs that were queued up to this position. */
  readonly upTo?: number | undefined;
  readonly limit: number;
}

export interface RunPage {
  /** In the order of the list. */
  readonly rows: readonly RunRow[];
  readonly hasNewer: boolean;
  readonly hasOlder: boolean;
}

/** What a list is ordered by: the run's number alone, or another value and then the number. */
interface RunOrder {
  readonly value: RawBuilder<number> | undefined;
  /** The column that is null for runs without this value. */
  readonly nullable: 'created_at' | 'started_at' | 'finished_at';
  readonly direction: 'asc' | 'desc';
  placeOf(run: RunRow): RunPlace;
}

const byNumber = (direction: 'asc' | 'desc'): RunOrder => ({
  value: undefined,
  nullable: 'created_at',
  direction,
  placeOf: (run) => String(run.queued_position),
});
const by = (
  nullable: RunOrder['nullable'],
  value: RawBuilder<number>,
  read: (run: RunRow) => number | null,
): RunOrder => ({
  value,
  nullable,
  direction: 'desc',
  placeOf: (run) => `${read(run) ?? 0}_${run.queued_position}`,
});

/** The order of a list. Each order has an index. */
export function orderOf(filters: RunFilters): RunOrder {
  switch (sortOf(filters)) {
    case 'newest':
      // An index on the creation time finds the beginning of the range; in the order of numbers every run before it
      // would be read.
      return hasTimeRange(filters) && basisOf(filters) === 'created'
        ? by('created_at', sql`created_at`, (run) => run.created_at)
        : byNumber('desc');
    case 'oldest':
      return byNumber('asc');
    case 'started':
      return by('started_at', sql`started_at`, (run) => run.started_at);
    case 'finished':
      return by('finished_at', sql`finished_at`, (run) => run.finished_at);
    case 'longest':
      return by('finished_at', sql.raw(`(${TOOK_MS})`), (run) =>
        run.finished_at === null ? null : run.finished_at - (run.started_at ?? run.created_at),
      );
  }
}

/** One page of a tenant's runs. Paging by key stays fast and stable on every page. */
export async function listRuns(db: HubRead, choice: RunChoice, request: RunPageRequest): Promise<RunPage> {
  const { before, after, upTo, limit } = request;
  const order = orderOf(choice.filters);
  const backwards = after !== undefined;
  const place = after ?? before;
  const all = filtered(db.selectFrom('runs'), choice);
  const known = upTo === undefined ? all : all.where('queued_position', '<=', upTo);
  const found = await inOrder(known, order, { backwards, place })
    .selectAll('runs')
    .limit(limit + 1)
    .execute();
  const more = found.length > limit;
  const rows = more ? found.slice(0, limit) : found;
  return backwards
    ? { rows: rows.reverse(), hasNewer: more, hasOlder: true }
    : { rows, hasNewer: before !== undefined, hasOlder: more };
}

/** How many runs match. They are counted one by one, so this is only for exports. */
export async function countRuns(db: HubRead, choice: RunChoice): Promise<number> {
  const counted = await filtered(db.selectFrom('runs'), choice)
    .select((select) => select.fn.countAll<number>().as('runs'))
    .executeTakeFirstOrThrow();
  return Number(counted.runs);
}

/** The run directly before or after another one in the list. */
export async function runBeside(
  db: HubRead,
  choice: RunChoice,
  run: RunRow,
  side: 'before' | 'after',
): Promise<RunRow | undefined> {
  const place = orderOf(choice.filters).placeOf(run);
  const request = side === 'after' ? { before: place, limit: 1 } : { after: place, limit: 1 };
  return (await listRuns(db, choice, request)).rows[0];
}

/** Orders a query and begins it at a place, if one is given. */
function inOrder(
  query: RunQuery,
  { value, nullable, direction }: RunOrder,
  { backwards, place }: { readonly backwards: boolean; readonly place: RunPlace | undefined },
): RunQuery {
  const falls = (direction === 'desc') !== backwards;
  const turned = falls ? 'desc' : 'asc';
  const compare = falls ? '<' : '>';
  const numbers = place?.split('_').map(Number) ?? [];
  let ordered = query;
  if (value === undefined) {
    const [number] = numbers.slice(-1);
    if (number !== undefined) ordered = ordered.where('queued_position', compare, number);
    return ordered.orderBy('queued_position', turned);
  }
  // The same condition as the index, so that PostgreSQL can use it.
  ordered = ordered.where(nullable, 'is not', null);
  const [at, number] = numbers;
  if (at !== undefined && number !== undefined)
    ordered = ordered.where(sql<SqlBool>`(${value}, queued_position) ${sql.raw(compare)} (${at}, ${number})`);
  return ordered.orderBy(value, turned).orderBy('queued_position', turned);
}

/** The runs with these numbers, to update the rows that a page shows. */
export async function runsNumbered(db: HubRead, numbers: readonly number[]): Promise<readonly RunRow[]> {
  if (numbers.length === 0) return [];
  return db
    .selectFrom('runs')
    .selectAll('runs')
    .where('queued_position', 'in', [...numbers])
    .execute();
}

/** Matching runs that came after a page was rendered, counted up to a limit. */
export interface NewRuns {
  readonly count: number;
  /** Whether all of them are above the first row of the page. A run that fails only now may be far below. */
  readonly onTop: boolean;
}

/** Runs that began to match the filters after a position and are not among those that the page shows. */
export async function newRuns(
  db: HubRead,
  choice: RunChoice,
  page: { readonly position: number; readonly shown: readonly number[]; readonly newest: number },
  limit: number,
): Promise<NewRuns> {
  const filters = { ...choice.filters, since: page.position };
  let query = filtered(db.selectFrom('runs'), { ...choice, filters })
    .select('queued_position')
    .limit(limit);
  if (page.shown.length > 0) query = query.where('queued_position', 'not in', [...page.shown]);
  const rows = await query.execute();
  const isNewestFirst = sortOf(filters) === 'newest';
  return {
    count: rows.length,
    onTop: isNewestFirst && rows.every(({ queued_position }) => queued_position > page.newest),
  };
}

export type BucketCounts = Readonly<Record<StatusBucket | 'all', number>>;

/** The number of runs in each bucket, from the maintained counters, for the types that match the filters. */
export async function bucketCounts(db: HubRead, filters: RunFilters): Promise<BucketCounts> {
  const rows = await db.selectFrom('run_counters').select(['type', 'bucket', 'runs']).execute();
  const counts = { all: 0, ...Object.fromEntries(STATUS_BUCKETS.map((bucket) => [bucket, 0])) } as Record<
    StatusBucket | 'all',
    number
  >;
  for (const row of rows) {
    if (!countsType(filters, row.type)) continue;
    counts[row.bucket] += row.runs;
    counts.all += row.runs;
  }
  return counts;
}

/** Whether a type matches the filters. */
const countsType = ({ type, not_type }: RunFilters, name: string): boolean =>
  (type.length === 0 || type.includes(name)) && !not_type.includes(name);

/** Types that have runs, by name, with the number of runs. */
export async function typeCounts(db: HubRead) {
  return db
    .selectFrom('run_counters')
    .select((select) => ['type as value', select.fn.sum<number>('runs').as('runs')])
    .groupBy('type')
    .orderBy('type')
    .execute();
}

/** Reason codes of failed runs, the most frequent first, with the number of runs. */
export async function reasonCounts(db: HubRead) {
  return db
    .selectFrom('failure_groups')
    .select((select) => ['reason_code as value', select.fn.sum<number>('runs').as('runs')])
    .groupBy('reason_code')
    .orderBy('runs', 'desc')
    .execute();
}

/** The person's own runs that are queued or running, oldest first. */
export async function activeRunsOf(db: HubRead, personId: string, limit: number): Promise<readonly RunRow[]> {
  return (
    db
      .selectFrom('runs')
      .selectAll('runs')
      // The same condition as the partial index.
      .where('lifecycle', 'in', ['pending', 'running'])
      .where('initiator_kind', '=', 'member')
      .where('initiator_id', '=', personId)
      .orderBy('queued_position')
      .limit(limit)
      .execute()
  );
}

/** Adds the conditions of a choice to a query. */
export function filtered(query: RunQuery, { filters, search, time }: RunChoice): RunQuery {
  let narrowed = query;
  if (filters.type.length > 0) narrowed = narrowed.where('type', 'in', filters.type);
  if (filters.not_type.length > 0) narrowed = narrowed.where('type', 'not in', filters.not_type);
  if (filters.bucket.length > 0) narrowed = narrowed.where('bucket', 'in', filters.bucket);
  if (filters.initiator.length > 0) narrowed = narrowed.where((where) => startedBy(where, filters.initiator));
  if (filters.not_initiator.length > 0)
    narrowed = narrowed.where((where) => where.not(startedBy(where, filters.not_initiator)));
  if (filters.reason.length > 0)
    narrowed = narrowed.where((where) => where('run_id', 'in', failedFor(where, filters.reason)));
  if (filters.not_reason.length > 0)
    narrowed = narrowed.where((where) =>
      where.not(
        where.exists(
          failedFor(where, filters.not_reason).whereRef('failure_runs.run_id', '=', 'runs.run_id'),
        ),
      ),
    );
  for (const words of search.words) narrowed = narrowed.where((where) => hasWord(where, words));
  if (filters.since !== undefined) {
    const { since } = filters;
    narrowed = narrowed.where((where) => cameAfter(where, filters.reason, since));
  }
  return withinTimes(narrowed, filters, time);
}

type Where = ExpressionBuilder<HubDatabase, 'runs'>;

const KINDS: readonly string[] = ['schedule', 'api'];

function startedBy(where: Where, initiators: readonly string[]): Expression<SqlBool> {
  const kinds = initiators.filter((one) => KINDS.includes(one));
  const ids = initiators.filter((one) => !KINDS.includes(one));
  return where.or([
    ...(kinds.length > 0 ? [where('initiator_kind', 'in', kinds)] : []),
    ...(ids.length > 0 ? [where('initiator_id', 'in', ids)] : []),
  ]);
}

const failedFor = (where: Where, reasons: readonly string[]) =>
  where
    .selectFrom('failure_runs')
    .select('failure_runs.run_id')
    .where('failure_runs.reason_code', 'in', reasons);

/** Runs with one of the words; no runs when no word of the tenant begins with the searched text. */
const hasWord = (where: Where, words: readonly string[]): Expression<SqlBool> =>
  words.length === 0
    ? sql<SqlBool>`false`
    : where(
        'runs.queued_position',
        'in',
        where
          .selectFrom('run_terms')
          .select('run_terms.queued_position')
          .where('run_terms.term', 'in', words),
      );

/** Runs that changed their bucket after a position, or that failed after it for one of the filtered reasons. */
const cameAfter = (where: Where, reasons: readonly string[], since: number): Expression<SqlBool> =>
  where.or([
    where('bucket_position', '>', since),
    ...(reasons.length > 0
      ? [where('run_id', 'in', failedFor(where, reasons).where('failure_runs.first_position', '>', since))]
      : []),
  ]);

function withinTimes(query: RunQuery, filters: RunFilters, { now, zone }: TimeFrame): RunQuery {
  const column = `${basisOf(filters)}_at` as const;
  let narrowed = query;
  if (filters.last) narrowed = narrowed.where(column, '>=', now - LAST_PERIODS[filters.last]);
  if (filters.from) narrowed = narrowed.where(column, '>=', timeOf(filters.from, zone));
  if (filters.to) narrowed = narrowed.where(column, '<', endOf(filters.to, zone));
  return narrowed;
}
