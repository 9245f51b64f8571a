import { sql } from 'kysely';
import { DateTime } from 'luxon';
import { PREPARED } from '../../db/prepared-statements.js';
import type { StatusBucket } from '../../runs/status-bucket.js';
import type { TimeFrame } from '../view/format.js';
import { zoneNamed } from '../view/zone.js';
import { endOf, parseTime } from './filter-times.js';
import type { HubRead } from './hub-read.js';
import { filtered, type RunChoice } from './run-conditions.js';
import { basisOf, knownByOutcome, LAST_PERIODS, NO_FILTERS, type RunFilters } from './run-filters.js';
import { orderOf } from './run-order.js';
import { scanRuns } from './run-scan.js';

export const OUTCOMES = ['succeeded', 'partially_succeeded', 'failed'] as const;
export type RunOutcome = (typeof OUTCOMES)[number];

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
const DAY_MS = DAY_MINUTES * MINUTE_MS;
/** The possible durations of one bar, in minutes. */
const STEPS = [15, 30, 60, 180, 360, 720, 1, 7, 28].map((step, index) =>
  index < 6 ? step : step * DAY_MINUTES,
);
const BARS_MAX = 96;
const BARS_MIN = 32;
/** The longest range of the bars when the filters have no range. */
const DEFAULT_RANGE_MS = 30 * DAY_MS;

/** The period of one bar, milliseconds since 1970, and the runs that ended in it. */
export interface OutcomeSlot {
  readonly from: number;
  readonly to: number;
  readonly counts: Readonly<Record<RunOutcome, number>>;
}

export interface OutcomeTimes {
  readonly slots: readonly OutcomeSlot[];
  readonly stepMinutes: number;
  /** Whether matches were counted among the newest `LIMITS.runsScanned` ended runs only. */
  readonly capped: boolean;
}

/** Whether the projection maintains these counts; otherwise the runs themselves are counted. */
export const isMaintained = ({ filters }: RunChoice): boolean =>
  knownByOutcome(filters) && (basisOf(filters) === 'finished' || rangeOf(filters) === undefined);

/**
 * When and how the matching runs ended, for the bars above their list. Undefined while no run of the tenant has ended.
 */
export async function outcomeTimes(db: HubRead, choice: RunChoice): Promise<OutcomeTimes | undefined> {
  const { filters, time } = choice;
  const first = await db
    .selectFrom('run_outcomes')
    .select((select) => select.fn.min('quarter').as('quarter'))
    .modifyEnd(PREPARED)
    .executeTakeFirst();
  if (typeof first?.quarter !== 'number') return undefined;
  const { from, to } = shownRange(filters, time, first.quarter);
  const { starts, stepMinutes } = startsOf(from, to, time.zone);
  const { rows, capped } = isMaintained(choice)
    ? { rows: await maintained(db, filters, starts), capped: false }
    : await counted(db, choice, starts);
  const counts = starts.slice(0, -1).map(() => ({ succeeded: 0, partially_succeeded: 0, failed: 0 }));
  for (const { slot, bucket, runs } of rows) {
    const one = counts[slot - 1];
    if (one && isOutcome(bucket)) one[bucket] += Number(runs);
  }
  return {
    slots: counts.map((each, index) => ({
      from: starts[index] ?? 0,
      to: starts[index + 1] ?? 0,
      counts: each,
    })),
    stepMinutes,
    capped,
  };
}

interface SlotCount {
  /** 1 for the first slot. */
  readonly slot: number;
  readonly bucket: StatusBucket;
  readonly runs: number;
}

const isOutcome = (bucket: StatusBucket): bucket is RunOutcome =>
  (OUTCOMES as readonly StatusBucket[]).includes(bucket);

function rangeOf({ from, to, last }: RunFilters) {
  return from === undefined && to === undefined && last === undefined ? undefined : { from, to, last };
}

/**
 * The filtered range when it is about ends of runs; otherwise the last month, or less when the first run ended later.
 */
function shownRange(filters: RunFilters, { now, zone }: TimeFrame, first: number) {
  const range = basisOf(filters) === 'finished' ? rangeOf(filters) : undefined;
  if (range === undefined) {
    const from = Math.min(Math.max(first, now - DEFAULT_RANGE_MS), now - BARS_MIN * STEP_LEAST_MS);
    return { from, to: now };
  }
  const to = range.to === undefined ? now : endOf(range.to, zone);
  const begins = [
    range.from === undefined ? Number.NEGATIVE_INFINITY : parseTime(range.from, zone),
    range.last === undefined ? Number.NEGATIVE_INFINITY : now - LAST_PERIODS[range.last],
    first,
  ];
  return { from: Math.min(Math.max(...begins), to - STEP_LEAST_MS), to };
}
const STEP_LEAST_MS = 15 * MINUTE_MS;

/** The beginnings of the slots and the end of the last one, at full hours or days in the zone. */
function startsOf(from: number, to: number, zone: string) {
  const minutes = (to - from) / MINUTE_MS;
  const stepMinutes =
    STEPS.find((step) => minutes / step <= BARS_MAX) ??
    Math.ceil(minutes / BARS_MAX / DAY_MINUTES) * DAY_MINUTES;
  const step = stepMinutes < DAY_MINUTES ? { minutes: stepMinutes } : { days: stepMinutes / DAY_MINUTES };
  let at = DateTime.fromMillis(from, { zone: zoneNamed(zone) }).startOf('day');
  for (let next = at.plus(step); next.toMillis() <= from; next = at.plus(step)) at = next;
  const starts = [at.toMillis()];
  while (at.toMillis() < to) {
    at = at.plus(step);
    starts.push(at.toMillis());
  }
  return { starts, stepMinutes };
}

function maintained(
  db: HubRead,
  filters: RunFilters,
  starts: readonly number[],
): Promise<readonly SlotCount[]> {
  let query = db
    .selectFrom('run_outcomes')
    .select((select) => [
      sql<number>`width_bucket(quarter, ${starts}::bigint[])`.as('slot'),
      'bucket',
      select.fn.sum<number>('runs').as('runs'),
    ])
    .where('quarter', '>=', starts[0] ?? 0)
    .where('quarter', '<', starts.at(-1) ?? 0)
    .groupBy(['slot', 'bucket']);
  if (filters.type.length > 0) query = query.where('type', 'in', filters.type);
  if (filters.not_type.length > 0) query = query.where('type', 'not in', filters.not_type);
  if (filters.bucket.length > 0) query = query.where('bucket', 'in', filters.bucket);
  return query.execute();
}

interface Counted {
  readonly rows: readonly SlotCount[];
  readonly capped: boolean;
}

/** Counts matching runs one by one, among the newest ended ones or among all that a filter leaves, up to a limit. */
async function counted(db: HubRead, choice: RunChoice, starts: readonly number[]): Promise<Counted> {
  const order = orderOf({ ...NO_FILTERS, sort: 'finished' });
  const from = { place: `${starts.at(-1) ?? 0}_0`, backwards: false };
  const scan = await scanRuns(db, choice, { order, from });
  if (!scan) return { rows: [], capped: false };
  const rows = await filtered(db.selectFrom(scan.runs.as('scanned')), scan.rest)
    .where('finished_at', '>=', starts[0] ?? 0)
    .where('finished_at', '<', starts.at(-1) ?? 0)
    .select((select) => [
      sql<number>`width_bucket(finished_at, ${starts}::bigint[])`.as('slot'),
      'bucket',
      select.fn.countAll<number>().as('runs'),
    ])
    .groupBy(['slot', 'bucket'])
    .execute();
  return { rows, capped: !scan.areAll && (await scan.end()) !== undefined };
}
