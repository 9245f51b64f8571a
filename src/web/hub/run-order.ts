import { type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import { type RunRow, TOOK_MS } from '../../../projections/hub/models/runs.js';
import { basisOf, hasTimeRange, type RunFilters, sortOf } from './run-filters.js';

export type { RunRow } from '../../../projections/hub/models/runs.js';

/** A place in a list of runs: the values that the list is ordered by, joined by `_`. */
export type RunPlace = string;
export const RUN_PLACE = /^-?\d{1,16}(_\d{1,16})?$/;

/** What a list is ordered by: the run's number alone, or another value and then the number. */
export interface RunOrder {
  /** The column of the other value, or `took` for the duration. */
  readonly column: TimeColumn | 'took' | undefined;
  readonly direction: 'asc' | 'desc';
  placeOf(run: RunRow): RunPlace;
}

type TimeColumn = 'created_at' | 'started_at' | 'finished_at';

const byNumber = (direction: 'asc' | 'desc'): RunOrder => ({
  column: undefined,
  direction,
  placeOf: (run) => String(run.queued_position),
});
const by = (
  column: TimeColumn | 'took',
  read: (run: RunRow) => number | null,
  direction: 'asc' | 'desc' = 'desc',
): RunOrder => ({
  column,
  direction,
  placeOf: (run) => `${read(run) ?? 0}_${run.queued_position}`,
});

/** The order of a list. Each order has an index. */
export function orderOf(filters: RunFilters): RunOrder {
  const sort = sortOf(filters);
  switch (sort) {
    case 'newest':
    case 'oldest': {
      const direction = sort === 'newest' ? 'desc' : 'asc';
      // An index on the creation time finds the beginning of the range; in the order of numbers every run before it
      // would be read.
      return hasTimeRange(filters) && basisOf(filters) === 'created'
        ? by('created_at', (run) => run.created_at, direction)
        : byNumber(direction);
    }
    case 'started':
      return by('started_at', (run) => run.started_at);
    case 'finished':
      return by('finished_at', (run) => run.finished_at);
    case 'longest':
      return by('took', (run) =>
        run.finished_at === null ? null : run.finished_at - (run.started_at ?? run.created_at),
      );
  }
}

/** Where a query begins, and whether it reads towards the beginning of the list. */
export interface ReadingFrom {
  readonly place: RunPlace | undefined;
  readonly backwards: boolean;
  /** Only runs that were queued up to this position. */
  readonly upTo?: number | undefined;
}

/** Whether the values decrease in the direction of reading. */
const isFalling = ({ direction }: RunOrder, { backwards }: ReadingFrom): boolean =>
  (direction === 'desc') !== backwards;

/** Orders a query of runs, limits it to known runs and begins it at a place, if one is given. */
export function inOrder<DB, Table extends keyof DB, Output>(
  query: SelectQueryBuilder<DB, Table, Output>,
  order: RunOrder,
  from: ReadingFrom,
): SelectQueryBuilder<DB, Table, Output> {
  const { column } = order;
  const { upTo } = from;
  const known = upTo === undefined ? query : query.where(sql<SqlBool>`queued_position <= ${upTo}`);
  const falls = isFalling(order, from);
  const towards = sql.raw(falls ? 'desc' : 'asc');
  const compare = sql.raw(falls ? '<' : '>');
  const numbers = from.place?.split('_').map(Number) ?? [];
  if (column === undefined) {
    const [number] = numbers.slice(-1);
    const begun =
      number === undefined ? known : known.where(sql<SqlBool>`queued_position ${compare} ${number}`);
    return begun.orderBy(sql`queued_position ${towards}`);
  }
  const value = column === 'took' ? sql.raw(`(${TOOK_MS})`) : sql.ref(column);
  // The same condition as the index, so that PostgreSQL can use it.
  const having = known.where(
    sql<SqlBool>`${sql.ref(column === 'took' ? 'finished_at' : column)} is not null`,
  );
  const [at, number] = numbers;
  const begun =
    at === undefined || number === undefined
      ? having
      : having.where(sql<SqlBool>`(${value}, queued_position) ${compare} (${at}, ${number})`);
  return begun.orderBy(sql`${value} ${towards}`).orderBy(sql`queued_position ${towards}`);
}

/** The order by number in the same direction. */
export const numberOrder = ({ direction }: RunOrder): RunOrder => byNumber(direction);
