import { type AliasableExpression, type SqlBool, sql } from 'kysely';
import { LIMITS } from '../limits.js';
import type { HubRead } from './hub-read.js';
import { candidatesOf, type RunCandidates, unionAll } from './run-candidates.js';
import { type RunChoice, timeConditions } from './run-conditions.js';
import { basisOf } from './run-filters.js';
import { inOrder, numberOrder, type ReadingFrom, type RunOrder, type RunRow } from './run-order.js';

/** The runs among which a query searches for matches. */
export interface RunScan {
  /** `LIMITS.runsScanned` runs at most. */
  readonly runs: AliasableExpression<RunRow>;
  /** The conditions that remain to be checked for each run. */
  readonly rest: RunChoice;
  /** Whether all matches are among them. */
  readonly areAll: boolean;
  /** The last of them; undefined when there is no run beyond them. */
  end(): Promise<RunRow | undefined>;
}

/** The part of a list that is read. */
export interface ListReading {
  readonly order: RunOrder;
  readonly from: ReadingFrom;
}

/**
 * Chooses the runs to scan, so that rare matches don't make the work larger: the candidates of the narrowest filter, if
 * they are few or if the list is in their order; otherwise the next runs of the list. Undefined when nothing can match.
 */
export async function scanRuns(
  db: HubRead,
  choice: RunChoice,
  reading: ListReading,
): Promise<RunScan | undefined> {
  const candidates = await candidatesOf(db, choice);
  if (candidates?.count === 0) return undefined;
  const areAll = candidates !== undefined && candidates.count <= LIMITS.runsScanned;
  const used = areAll || reading.order.column === undefined ? candidates : undefined;
  const part = areAll
    ? {
        ...reading,
        order: numberOrder(reading.order),
        from: { ...FROM_THE_BEGINNING, upTo: reading.from.upTo },
      }
    : reading;
  const rows = used ? runsAmong(db, used, part) : runsOfList(db, choice, part.order);
  const runs = inOrder(db.selectFrom(rows.as('scanned')).selectAll('scanned'), part.order, part.from);
  return {
    runs: runs.limit(LIMITS.runsScanned),
    rest: used?.rest ?? choice,
    areAll,
    end: () =>
      runs
        .offset(LIMITS.runsScanned - 1)
        .limit(1)
        .executeTakeFirst(),
  };
}

const FROM_THE_BEGINNING: ReadingFrom = { place: undefined, backwards: false };

/** The candidates. When only their numbers are known, the first numbers after the place are looked up. */
function runsAmong(
  db: HubRead,
  { parts }: RunCandidates,
  { order, from }: ListReading,
): AliasableExpression<RunRow> {
  if (parts.of === 'runs') {
    // Limited each by itself, because for all parts together PostgreSQL may read and sort every run of them.
    const first = parts.queries.map((query) =>
      inOrder(query.selectAll('runs'), order, from).limit(LIMITS.runsScanned),
    );
    return unionAll(first.map((query) => db.selectFrom(query.as('part')).selectAll('part')));
  }
  const each = db.selectFrom(unionAll(parts.queries).as('number')).select('number.queued_position');
  const numbers = inOrder(parts.queries.length > 1 ? each.distinct() : each, order, from);
  return db
    .selectFrom('runs')
    .selectAll('runs')
    .where(sql<SqlBool>`queued_position = any(array(${numbers.limit(LIMITS.runsScanned)}))`);
}

/** The runs of the list. A time range limits them if the list is ordered by that time, because the index then serves both. */
function runsOfList(
  db: HubRead,
  { filters, time }: RunChoice,
  { column }: RunOrder,
): AliasableExpression<RunRow> {
  return (column === `${basisOf(filters)}_at` ? timeConditions(filters, time) : []).reduce(
    (query, condition) => query.where(() => condition),
    db.selectFrom('runs').selectAll('runs'),
  );
}
