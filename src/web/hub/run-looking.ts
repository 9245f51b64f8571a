import { type AliasableExpression, type SqlBool, sql } from 'kysely';
import { LIMITS } from '../limits.js';
import type { HubRead } from './hub-read.js';
import { candidatesOf, type RunCandidates, together } from './run-candidates.js';
import { type RunChoice, timeConditions } from './run-conditions.js';
import { basisOf } from './run-filters.js';
import { inOrder, numberOrder, type ReadingFrom, type RunOrder, type RunRow } from './run-order.js';

/** The runs that a query looks at to find matches. */
export interface Looking {
  /** `LIMITS.runsLookedAt` runs at most. */
  readonly runs: AliasableExpression<RunRow>;
  /** The conditions that they still have to be checked for. */
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
 * The runs among which matches are looked for, so that the work is limited however rarely the filters match: the
 * candidates of the narrowest filter, if they are few or if the list is in their order; otherwise the next runs of the
 * list. Undefined when nothing can match.
 */
export async function lookingFor(
  db: HubRead,
  choice: RunChoice,
  reading: ListReading,
): Promise<Looking | undefined> {
  const candidates = await candidatesOf(db, choice);
  if (candidates?.count === 0) return undefined;
  const areAll = candidates !== undefined && candidates.count <= LIMITS.runsLookedAt;
  const used = areAll || reading.order.column === undefined ? candidates : undefined;
  const part = areAll
    ? {
        ...reading,
        order: numberOrder(reading.order),
        from: { ...FROM_THE_BEGINNING, upTo: reading.from.upTo },
      }
    : reading;
  const looked = used ? runsAmong(db, used, part) : runsOfList(db, choice, part.order);
  const runs = inOrder(db.selectFrom(looked.as('looked')).selectAll('looked'), part.order, part.from);
  return {
    runs: runs.limit(LIMITS.runsLookedAt),
    rest: used?.rest ?? choice,
    areAll,
    end: () =>
      runs
        .offset(LIMITS.runsLookedAt - 1)
        .limit(1)
        .executeTakeFirst(),
  };
}

const FROM_THE_BEGINNING: ReadingFrom = { place: undefined, backwards: false };

/** The candidates. Those that are known by their numbers are found by the first numbers from the place on. */
function runsAmong(
  db: HubRead,
  { parts }: RunCandidates,
  { order, from }: ListReading,
): AliasableExpression<RunRow> {
  if (parts.of === 'runs') return together(parts.queries.map((query) => query.selectAll('runs')));
  const each = db.selectFrom(together(parts.queries).as('number')).select('number.queued_position');
  const numbers = inOrder(parts.queries.length > 1 ? each.distinct() : each, order, from);
  return db
    .selectFrom('runs')
    .selectAll('runs')
    .where(sql<SqlBool>`queued_position = any(array(${numbers.limit(LIMITS.runsLookedAt)}))`);
}

/** The runs of the list. A range of times is a part of the index if the list is ordered by that time. */
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
