import { type DueTime, dueTimesAfter, lastDueTime, type Timetable } from './due-times.js';

/** A start within this time after its due time counts as on time, so that a restart of the program misses nothing. */
const ON_TIME_WITHIN_MS = 10 * 60_000;

/** The most missed times that are counted; the number is only shown. */
const COUNTED_MAX = 1_000;

/** The work for the due times that have come; times in milliseconds since 1970. */
export interface DueWork {
  /** Times that get no run. */
  readonly missed?: {
    readonly from: number;
    readonly through: number;
    readonly count: number;
    /** Whether there are more than `count`. */
    readonly atLeast: boolean;
  };
  /** The time for which a run is started. `late` when it was missed and is made up for. */
  readonly take?: { readonly dueAt: number; readonly late: boolean };
}

/**
 * Decides about the due times after `after`, up to `now`. At most one run is started: for the last time, when it came
 * just now or is made up for. Undefined when no time has come.
 */
export function dueWork(
  timetable: Timetable,
  { after, now, makesUp }: { readonly after: number; readonly now: number; readonly makesUp: boolean },
): DueWork | undefined {
  const last = lastDueTime(timetable, after, now);
  if (!last) return undefined;
  const late = now - last.at > ON_TIME_WITHIN_MS;
  const taken = !late || makesUp;
  const lastMissed = taken ? lastDueTime(timetable, after, last.at - 1) : last;
  return {
    ...(lastMissed && { missed: missedThrough(timetable, after, lastMissed) }),
    ...(taken && { take: { dueAt: last.at, late } }),
  };
}

function missedThrough(timetable: Timetable, after: number, { at: through }: DueTime) {
  let from = through;
  let count = 0;
  for (const { at } of dueTimesAfter(timetable, after)) {
    if (at > through) break;
    if (count === COUNTED_MAX) return { from, through, count, atLeast: true };
    if (count === 0) from = at;
    count += 1;
  }
  return { from, through, count, atLeast: false };
}
