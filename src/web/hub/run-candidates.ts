import { type SelectQueryBuilder, sql } from 'kysely';
import { LIMITS } from '../limits.js';
import type { HubDatabase } from '../web-dependencies.js';
import type { HubRead } from './hub-read.js';
import { onceASnapshot } from './once-a-snapshot.js';
import { initiatorsIn, type RunChoice, timeConditions } from './run-conditions.js';
import { readRunCounters } from './run-counters.js';
import { hasTimeRange, type RunFilters } from './run-filters.js';

type RunQuery = SelectQueryBuilder<HubDatabase, 'runs', object>;
type NumberQuery = SelectQueryBuilder<HubDatabase, keyof HubDatabase, { queued_position: number }>;

/** Runs that include every match. An index reads them in the order of their numbers. */
export interface RunCandidates {
  /** Their number; it may be counted only up to `LIMITS.runsScanned + 1`. */
  readonly count: number;
  /** Queries whose results together are the candidates or their numbers. Numbers may come more than once. */
  readonly parts:
    | { readonly of: 'runs'; readonly queries: readonly RunQuery[] }
    | { readonly of: 'numbers'; readonly queries: readonly NumberQuery[] };
  /** The conditions that remain to be checked for each candidate. */
  readonly rest: RunChoice;
}

/** Queries with more parts than this cost more than they save. */
const PARTS_MAX = 50;

/**
 * The candidates of the filter that has the fewest, by the maintained counters. Undefined when no filter can use an
 * index.
 */
export const candidatesOf = onceASnapshot(
  async (db, choice: RunChoice): Promise<RunCandidates | undefined> => {
    const { filters } = choice;
    const all = [
      ...(await byOutcome(db, choice)),
      ...(filters.initiator.length > 0 ? await byInitiator(db, choice, filters.initiator) : []),
      ...(filters.reason.length > 0 ? await byReason(db, choice, filters.reason) : []),
      ...(await byWords(db, choice)),
      ...(hasTimeRange(filters) ? await byTime(db, choice) : []),
      ...(filters.since === undefined ? [] : await bySince(db, choice, filters.since)),
    ];
    return all
      .filter(({ parts }) => parts.queries.length <= PARTS_MAX)
      .reduce<RunCandidates | undefined>(
        (least, one) => (least === undefined || one.count < least.count ? one : least),
        undefined,
      );
  },
);

/** The runs of the filtered types, and those of the filtered buckets. */
async function byOutcome(db: HubRead, rest: RunChoice): Promise<readonly RunCandidates[]> {
  const { type, not_type, bucket } = rest.filters;
  if (type.length + not_type.length + bucket.length === 0) return [];
  const counted = await readRunCounters(db);
  const ofType = counted.filter((row) => countsType(rest.filters, row.type));
  const ofBucket = counted.filter((row) => bucket.length === 0 || bucket.includes(row.bucket));
  if (!ofType.some((row) => ofBucket.includes(row))) return [{ count: 0, parts: NO_PARTS, rest }];
  const types = [...new Set(ofType.map((row) => row.type))];
  return [
    ...(type.length + not_type.length > 0
      ? [
          {
            count: sumOf(ofType),
            parts: runs(types.map((one) => db.selectFrom('runs').where('type', '=', one))),
            rest: withFilters(rest, { type: [], not_type: [] }),
          },
        ]
      : []),
    ...(bucket.length > 0
      ? [
          {
            count: sumOf(ofBucket),
            parts: runs(bucket.map((one) => db.selectFrom('runs').where('bucket', '=', one))),
            rest: withFilters(rest, { bucket: [] }),
          },
        ]
      : []),
  ];
}

/** Whether a type matches the filters. */
export const countsType = ({ type, not_type }: RunFilters, name: string): boolean =>
  (type.length === 0 || type.includes(name)) && !not_type.includes(name);

async function byInitiator(
  db: HubRead,
  rest: RunChoice,
  initiators: readonly string[],
): Promise<readonly RunCandidates[]> {
  const { kinds, ids } = initiatorsIn(initiators);
  const counted = await db
    .selectFrom('run_initiators')
    .select(['initiator_id', 'runs'])
    .where((where) =>
      where.or([
        ...(ids.length > 0 ? [where('initiator_id', 'in', ids)] : []),
        ...(kinds.length > 0 ? [where(sql<string>`initiator_kind`, 'in', kinds)] : []),
      ]),
    )
    .limit(PARTS_MAX + 1)
    .execute();
  const found = [...new Set(counted.map(({ initiator_id }) => initiator_id))];
  // A member and a schedule could have the same id, so the filter is still checked.
  const parts = runs(found.map((id) => db.selectFrom('runs').where('initiator_id', '=', id)));
  return [{ count: sumOf(counted), parts, rest }];
}

async function byReason(
  db: HubRead,
  choice: RunChoice,
  reasons: readonly string[],
): Promise<readonly RunCandidates[]> {
  const counted = await db
    .selectFrom('failure_groups')
    .select((select) => select.fn.sum<number>('runs').as('runs'))
    .where('reason_code', 'in', [...reasons])
    .executeTakeFirst();
  const ofReasons = reasons.map((reason) =>
    db.selectFrom('failure_runs').select('queued_position').where('reason_code', '=', reason),
  );
  const rest = choice.filters.since === undefined ? withFilters(choice, { reason: [] }) : choice;
  return [{ count: Number(counted?.runs ?? 0), parts: numbers(ofReasons), rest }];
}

/** The runs with each word of a search. Words have no counters, so their runs are counted up to the limit. */
async function byWords(db: HubRead, choice: RunChoice): Promise<readonly RunCandidates[]> {
  const { search } = choice;
  const found: RunCandidates[] = [];
  for (const [index, terms] of search.words.entries()) {
    const ofTerms = terms.map((term) =>
      db.selectFrom('run_terms').select('queued_position').where('term', '=', term),
    );
    const count = terms.length === 0 ? 0 : await countUpTo(db, ofTerms);
    const words = search.words.filter((_terms, other) => other !== index);
    found.push({ count, parts: numbers(ofTerms), rest: { ...choice, search: { ...search, words } } });
  }
  return found;
}

/** The runs in the time range, unless there are more than one page scans. */
async function byTime(db: HubRead, choice: RunChoice): Promise<readonly RunCandidates[]> {
  const inRange = timeConditions(choice.filters, choice.time).reduce(
    (query, condition) => query.where(() => condition),
    db.selectFrom('runs').select('queued_position'),
  );
  const count = await countUpTo(db, [inRange]);
  return count > LIMITS.runsScanned ? [] : [{ count, parts: numbers([inRange]), rest: choice }];
}

/** The runs that may have begun to match after a position, unless there are more than one page scans. */
async function bySince(db: HubRead, choice: RunChoice, since: number): Promise<readonly RunCandidates[]> {
  const { reason } = choice.filters;
  const came = [
    db.selectFrom('runs').select('queued_position').where('bucket_position', '>', since),
    ...reason.map((one) =>
      db
        .selectFrom('failure_runs')
        .select('queued_position')
        .where('reason_code', '=', one)
        .where('first_position', '>', since),
    ),
  ];
  const count = await countUpTo(db, came);
  return count > LIMITS.runsScanned ? [] : [{ count, parts: numbers(came), rest: choice }];
}

const NO_PARTS = { of: 'runs', queries: [] } as const;
const runs = (queries: readonly RunQuery[]) => ({ of: 'runs', queries }) as const;
const numbers = (queries: readonly NumberQuery[]) => ({ of: 'numbers', queries }) as const;

const sumOf = (rows: readonly { readonly runs: number }[]): number =>
  rows.reduce((sum, row) => sum + row.runs, 0);

const withFilters = (choice: RunChoice, changes: Partial<RunFilters>): RunChoice => ({
  ...choice,
  filters: { ...choice.filters, ...changes },
});

/** How many rows the queries have together, counted up to one more than a page scans. */
async function countUpTo(db: HubRead, queries: readonly NumberQuery[]): Promise<number> {
  const rows = unionAll(queries).limit(LIMITS.runsScanned + 1);
  const counted = await db
    .selectFrom(rows.as('counted'))
    .select((select) => select.fn.countAll<number>().as('rows'))
    .executeTakeFirst();
  return Number(counted?.rows ?? 0);
}

/** Joins queries by `union all`. There must be at least one. */
export function unionAll<DB, Table extends keyof DB, Output>(
  queries: readonly SelectQueryBuilder<DB, Table, Output>[],
): SelectQueryBuilder<DB, Table, Output> {
  const [first, ...others] = queries;
  if (!first) throw new TypeError('there is no query');
  return others.reduce((all, one) => all.unionAll(one), first);
}
