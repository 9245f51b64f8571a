import { type Expression, type ExpressionBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import type { TimeFrame } from '../view/format.js';
import type { HubDatabase } from '../web-dependencies.js';
import { endOf, parseTime } from './filter-times.js';
import type { HubRead } from './hub-read.js';
import { basisOf, LAST_PERIODS, type RunFilters } from './run-filters.js';
import { NO_SEARCH, type RunSearch, runSearch } from './run-search.js';

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

/** The tables of a query whose rows are runs under the name `scanned`. */
export type ScannedTables = HubDatabase & { scanned: HubDatabase['runs'] };
export type ScannedQuery = SelectQueryBuilder<ScannedTables, 'scanned', object>;
type Where = ExpressionBuilder<ScannedTables, 'scanned'>;

/**
 * How conditions read other tables: `per_run` with one lookup for each run, which suits few runs; `free` as PostgreSQL
 * plans it, which may read all failures of a reason.
 */
type Lookups = 'per_run' | 'free';

/** Adds the conditions of a choice to a query of runs under the name `scanned`. */
export function filtered(
  query: ScannedQuery,
  { filters, search, time }: RunChoice,
  lookups: Lookups = 'per_run',
): ScannedQuery {
  let narrowed = query;
  if (filters.type.length > 0) narrowed = narrowed.where('type', 'in', filters.type);
  if (filters.not_type.length > 0) narrowed = narrowed.where('type', 'not in', filters.not_type);
  if (filters.bucket.length > 0) narrowed = narrowed.where('bucket', 'in', filters.bucket);
  if (filters.initiator.length > 0) narrowed = narrowed.where((where) => startedBy(where, filters.initiator));
  if (filters.not_initiator.length > 0)
    narrowed = narrowed.where((where) => where.not(startedBy(where, filters.not_initiator)));
  if (filters.reason.length > 0)
    narrowed = narrowed.where((where) => failedFor(where, filters.reason, lookups));
  if (filters.not_reason.length > 0)
    narrowed = narrowed.where((where) => where.not(failedFor(where, filters.not_reason, lookups)));
  for (const words of search.words) narrowed = narrowed.where((where) => hasWord(where, words, lookups));
  if (filters.since !== undefined) {
    const { since } = filters;
    narrowed = narrowed.where((where) => changedAfter(where, filters.reason, since));
  }
  for (const condition of timeConditions(filters, time)) narrowed = narrowed.where(() => condition);
  return narrowed;
}

const KINDS: readonly string[] = ['schedule', 'api'];

/** Separates the ids of initiators from the words that stand for all of a kind. */
export const initiatorsIn = (initiators: readonly string[]) => ({
  kinds: initiators.filter((one) => KINDS.includes(one)),
  ids: initiators.filter((one) => !KINDS.includes(one)),
});

function startedBy(where: Where, initiators: readonly string[]): Expression<SqlBool> {
  const { kinds, ids } = initiatorsIn(initiators);
  return where.or([
    ...(kinds.length > 0 ? [where('initiator_kind', 'in', kinds)] : []),
    ...(ids.length > 0 ? [where('initiator_id', 'in', ids)] : []),
  ]);
}

/** An offset keeps PostgreSQL from planning the condition as a join. */
const withLookups = <Query extends { offset(rows: number): Query }>(query: Query, lookups: Lookups): Query =>
  lookups === 'per_run' ? query.offset(0) : query;

/** Runs with a failure for one of the reasons, after a position. */
const failedFor = (
  where: Where,
  reasons: readonly string[],
  lookups: Lookups,
  since = -1,
): Expression<SqlBool> =>
  where.exists(
    withLookups(
      where
        .selectFrom('failure_runs')
        .select('failure_runs.run_id')
        .whereRef('failure_runs.run_id', '=', 'scanned.run_id')
        .where('failure_runs.reason_code', 'in', reasons)
        .where('failure_runs.first_position', '>', since),
      lookups,
    ),
  );

/** Runs with one of the words; no runs when no word of the tenant begins with the searched text. */
const hasWord = (where: Where, words: readonly string[], lookups: Lookups): Expression<SqlBool> =>
  words.length === 0
    ? sql<SqlBool>`false`
    : where.exists(
        withLookups(
          where
            .selectFrom('run_terms')
            .select('run_terms.term')
            .where('run_terms.term', 'in', words)
            .whereRef('run_terms.queued_position', '=', 'scanned.queued_position'),
          lookups,
        ),
      );

/** Runs that changed their bucket after a position, or that failed after it for one of the filtered reasons. */
const changedAfter = (where: Where, reasons: readonly string[], since: number): Expression<SqlBool> =>
  where.or([
    where('bucket_position', '>', since),
    ...(reasons.length > 0 ? [failedFor(where, reasons, 'per_run', since)] : []),
  ]);

/** The conditions of a time range. Their column has no table name, so that they also fit subqueries. */
export function timeConditions(
  filters: RunFilters,
  { now, zone }: TimeFrame,
): readonly Expression<SqlBool>[] {
  const column = sql.ref(`${basisOf(filters)}_at`);
  return [
    ...(filters.last ? [sql<SqlBool>`${column} >= ${now - LAST_PERIODS[filters.last]}`] : []),
    ...(filters.from ? [sql<SqlBool>`${column} >= ${parseTime(filters.from, zone)}`] : []),
    ...(filters.to ? [sql<SqlBool>`${column} < ${endOf(filters.to, zone)}`] : []),
  ];
}
