import { sql } from 'kysely';
import { PREPARED } from '../../db/prepared-statements.js';
import { STATUS_BUCKETS, type StatusBucket } from '../../runs/status-bucket.js';
import { LIMITS } from '../limits.js';
import type { HubRead } from './hub-read.js';
import { countsType } from './run-candidates.js';
import { filtered, type RunChoice } from './run-conditions.js';
import { readRunCounters } from './run-counters.js';
import { NO_FILTERS, type RunFilters, sortOf } from './run-filters.js';
import { inOrder, orderOf, type ReadingFrom, type RunPlace, type RunRow } from './run-order.js';
import { type ListReading, type RunScan, scanRuns } from './run-scan.js';

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
  /** Where the pages before and after this one begin; null when there is none. */
  readonly newer: RunPlace | null;
  readonly older: RunPlace | null;
  /** Whether the page has fewer rows because `LIMITS.runsScanned` runs were scanned, and others may match. */
  readonly isCutShort: boolean;
}

/**
 * One page of a tenant's runs. Pages are cut by key, so new runs don't move their rows. To fill a page, at most
 * `LIMITS.runsScanned` runs are scanned: candidates of the narrowest filter, or runs in the order of the list. The next
 * page continues where the scan ended.
 */
export async function listRuns(db: HubRead, choice: RunChoice, request: RunPageRequest): Promise<RunPage> {
  const { before, after, upTo, limit } = request;
  const order = orderOf(choice.filters);
  const from: ReadingFrom = { place: after ?? before, backwards: after !== undefined, upTo };
  const scan = await scanRuns(db, choice, { order, from });
  const found = scan ? await matchesIn(db, scan, { order, from, limit: limit + 1 }) : [];
  const more = found.length > limit;
  const rows = more ? found.slice(0, limit) : found;
  if (from.backwards) rows.reverse();
  const end = scan && !scan.areAll && !more ? await scan.end() : undefined;
  const placeAt = (index: number) => {
    const run = rows.at(index);
    return run ? order.placeOf(run) : null;
  };
  // The rows that were read first and last. A page that was read backwards has them in the opposite order.
  const [first, last] = from.backwards ? [-1, 0] : [0, -1];
  const backTo = from.place === undefined ? null : (placeAt(first) ?? from.place);
  const goOnAt = end ? order.placeOf(end) : more ? placeAt(last) : null;
  const ends = from.backwards ? { newer: goOnAt, older: backTo } : { newer: backTo, older: goOnAt };
  return { rows, ...ends, isCutShort: end !== undefined };
}

const matchesIn = (
  db: HubRead,
  { runs, rest }: RunScan,
  { order, from, limit }: ListReading & { readonly limit: number },
): Promise<RunRow[]> =>
  inOrder(filtered(db.selectFrom(runs.as('scanned')), rest), order, from)
    .selectAll('scanned')
    .limit(limit)
    .execute();

/** How many runs match. They are counted one by one, so this is only for exports. */
export async function countRuns(db: HubRead, choice: RunChoice): Promise<number> {
  const counted = await filtered(db.selectFrom('runs as scanned'), choice, 'free')
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
  let place: RunPlace | null = orderOf(choice.filters).placeOf(run);
  for (let scans = 0; scans < LIMITS.besideScans && place !== null; scans++) {
    const request = side === 'after' ? { before: place, limit: 1 } : { after: place, limit: 1 };
    const page: RunPage = await listRuns(db, choice, request);
    if (page.rows[0]) return page.rows[0];
    place = page.isCutShort ? (side === 'after' ? page.older : page.newer) : null;
  }
  return undefined;
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

const NEWEST_FIRST: ListReading = {
  order: orderOf(NO_FILTERS),
  from: { place: undefined, backwards: false },
};

/** Runs that began to match the filters after a position and are not among those that the page shows. */
export async function newRuns(
  db: HubRead,
  choice: RunChoice,
  page: { readonly position: number; readonly shown: readonly number[]; readonly newest: number },
  limit: number,
): Promise<NewRuns> {
  const filters = { ...choice.filters, since: page.position };
  const scan = await scanRuns(db, { ...choice, filters }, NEWEST_FIRST);
  if (!scan) return { count: 0, onTop: true };
  let query = filtered(db.selectFrom(scan.runs.as('scanned')), scan.rest)
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
  const counts = { all: 0, ...Object.fromEntries(STATUS_BUCKETS.map((bucket) => [bucket, 0])) } as Record<
    StatusBucket | 'all',
    number
  >;
  for (const row of await readRunCounters(db)) {
    if (!countsType(filters, row.type)) continue;
    counts[row.bucket] += row.runs;
    counts.all += row.runs;
  }
  return counts;
}

/** Types that have runs, by name, with the number of runs. */
export async function typeCounts(db: HubRead) {
  const runsOf = new Map<string, number>();
  for (const { type, runs } of await readRunCounters(db)) runsOf.set(type, (runsOf.get(type) ?? 0) + runs);
  return [...runsOf].map(([value, runs]) => ({ value, runs }));
}

/** Reason codes of failed runs, the most frequent first, with the number of runs. */
export async function reasonCounts(db: HubRead) {
  return db
    .selectFrom('failure_groups')
    .select((select) => ['reason_code as value', select.fn.sum<number>('runs').as('runs')])
    .groupBy('reason_code')
    .orderBy('runs', 'desc')
    .modifyEnd(PREPARED)
    .execute();
}

/** The person's own runs that are queued or running, oldest first. */
export async function activeRunsOf(db: HubRead, personId: string, limit: number): Promise<readonly RunRow[]> {
  return (
    db
      .selectFrom('runs')
      .selectAll('runs')
      // The same condition as the partial index.
      .where(sql<boolean>`lifecycle in ('pending', 'running')`)
      .where('initiator_kind', '=', 'member')
      .where('initiator_id', '=', personId)
      .orderBy('queued_position')
      .limit(limit)
      .modifyEnd(PREPARED)
      .execute()
  );
}
