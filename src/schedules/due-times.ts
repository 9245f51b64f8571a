import type { Cron } from './cron.js';
import { type ClockChange, clockChanges, offsetAt } from './zone-offsets.js';

/** A time at which a schedule is due. */
export interface DueTime {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Whether a clock change skips the time on the clock, so that the schedule is due right after the change. */
  readonly afterSkip: boolean;
}

/** The times of a schedule: a cron expression on the clocks of a time zone. */
export interface Timetable {
  readonly cron: Cron;
  readonly zone: string;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** 29 February occurs again after eight years at most. */
const LOOK_AHEAD_DAYS = 9 * 366;

/**
 * The due times after `after` (milliseconds since 1970), ascending. There are none when nothing is due within nine
 * years. An expression that is due in every hour follows elapsed time: in a repeated hour it is due in both passes,
 * and in a skipped hour not at all. Every other expression follows the clock: a time that occurs twice is due the
 * first time only, and a skipped time is due right after the change.
 */
export function* dueTimesAfter(timetable: Timetable, after: number): Generator<DueTime> {
  const firstDay = Math.floor(after / DAY_MS);
  let idleDays = 0;
  for (let day = firstDay; idleDays < LOOK_AHEAD_DAYS; day++) {
    idleDays += 1;
    for (const due of dueOn(timetable, day)) {
      if (due.at <= after) continue;
      idleDays = 0;
      yield due;
    }
  }
}

/** The last time that is after `after` and not after `through`, or undefined. */
export function lastDueTime(timetable: Timetable, after: number, through: number): DueTime | undefined {
  const lastDay = Math.floor(through / DAY_MS);
  const firstDay = Math.max(Math.floor(after / DAY_MS), lastDay - LOOK_AHEAD_DAYS);
  for (let day = lastDay; day >= firstDay; day--) {
    const last = dueOn(timetable, day).findLast(({ at }) => at > after && at <= through);
    if (last) return last;
  }
  return undefined;
}

/** The due times in a day of UTC, which is counted from 1970, ascending. */
function dueOn({ cron, zone }: Timetable, day: number): readonly DueTime[] {
  if (![day - 1, day, day + 1].some((date) => comesOn(cron, date))) return [];
  const [start, end] = [day * DAY_MS, (day + 1) * DAY_MS];
  // A clock change on the day before may repeat times until today.
  const changes = clockChanges(zone, start - DAY_MS, end);
  const onClock = new Set(timesOnClock({ cron, zone }, changes, start, end));
  const dues: DueTime[] = [...onClock].map((at) => ({ at, afterSkip: false }));
  if (!cron.everyHour)
    for (const change of changes) {
      if (change.at < start || change.at >= end || onClock.has(change.at)) continue;
      if (skipsTime(cron, change)) dues.push({ at: change.at, afterSkip: true });
    }
  return dues.sort((one, other) => one.at - other.at);
}

/**
 * The times from `start` until before `end` at which the clock shows a due time. Unless the expression is due in every
 * hour, times that the clock shows for the second time are left out.
 */
function* timesOnClock(
  { cron, zone }: Timetable,
  changes: readonly ClockChange[],
  start: number,
  end: number,
): Generator<number> {
  const bounds = [start, ...changes.map(({ at }) => at).filter((at) => at > start && at < end), end];
  for (const [index, from] of bounds.slice(0, -1).entries()) {
    const until = bounds[index + 1] ?? end;
    const offsetMs = offsetAt(zone, from);
    for (const local of localTimes(cron, from + offsetMs, until + offsetMs)) {
      const at = local - offsetMs;
      if (cron.everyHour || !changes.some((change) => isRepeated(at, local, change))) yield at;
    }
  }
}

/** Whether a clock that was put back shows the local time of `at` for the second time. */
const isRepeated = (at: number, local: number, change: ClockChange): boolean =>
  change.at <= at && local < change.at + change.beforeMs;

/** Whether a clock that is put forward skips a due time. */
const skipsTime = (cron: Cron, { at, beforeMs, afterMs }: ClockChange): boolean =>
  !localTimes(cron, at + beforeMs, at + afterMs).next().done;

/**
 * The times on the clock from `from` until before `until` at which the expression is due, as if the clock were UTC.
 */
function* localTimes(cron: Cron, from: number, until: number): Generator<number> {
  for (let midnight = Math.floor(from / DAY_MS) * DAY_MS; midnight < until; midnight += DAY_MS) {
    if (!comesOn(cron, midnight / DAY_MS)) continue;
    for (const minute of cron.minutesOfDay) {
      const local = midnight + minute * MINUTE_MS;
      if (local >= from && local < until) yield local;
    }
  }
}

/** Whether the expression is due on a date, which is counted in days from 1970. */
function comesOn(cron: Cron, day: number): boolean {
  const date = new Date(day * DAY_MS);
  return cron.isDay(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
}
