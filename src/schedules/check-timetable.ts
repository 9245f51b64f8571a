import { type Cron, NEVER_COMES, parseCron } from './cron.js';
import type { Timetable } from './due-times.js';
import { isZone } from './zone-offsets.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Every day that a calendar can have comes within eight years. */
const LOOKED_AT_DAYS = 8 * 366;

/** What is wrong with a timetable that a person typed, by the field of the form. */
export interface TimetableProblem {
  readonly field: 'cron' | 'zone';
  /** A sentence for the person who typed it. */
  readonly problem: string;
}

/**
 * Makes a timetable of what a person typed. `leastEveryMs` is the shortest distance allowed between two due times.
 */
export function readTimetable(
  typed: { readonly cron: string; readonly zone: string },
  leastEveryMs = 0,
): { readonly timetable: Timetable } | TimetableProblem {
  if (!isZone(typed.zone))
    return { field: 'zone', problem: 'There is no such time zone. Choose one such as Europe/Berlin.' };
  const parsed = parseCron(typed.cron);
  if ('problem' in parsed) return { field: 'cron', problem: parsed.problem };
  const { cron } = parsed;
  const shortestMs = shortestDistanceMs(cron);
  if (shortestMs === undefined) return { field: 'cron', problem: NEVER_COMES };
  if (shortestMs < leastEveryMs)
    return {
      field: 'cron',
      problem: `This comes after ${inMinutes(shortestMs)}; leave ${inMinutes(leastEveryMs)} at least between two times.`,
    };
  return { timetable: { cron, zone: typed.zone } };
}

/** The shortest distance between two times, clock changes aside; undefined when there is no time at all. */
function shortestDistanceMs({ minutesOfDay, isDay }: Cron): number | undefined {
  const days = Array.from({ length: LOOKED_AT_DAYS }, (_, day) => {
    const date = new Date(day * DAY_MS);
    return isDay(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
  });
  if (!days.includes(true)) return undefined;
  const distances = minutesOfDay.slice(1).map((minute, index) => minute - (minutesOfDay[index] ?? 0));
  if (days.some((comes, day) => comes && days[day + 1]))
    distances.push((minutesOfDay[0] ?? 0) + DAY_MS / MINUTE_MS - (minutesOfDay.at(-1) ?? 0));
  return Math.min(...distances) * MINUTE_MS;
}

const inMinutes = (ms: number): string => {
  const minutes = Math.round(ms / MINUTE_MS);
  return minutes === 1 ? '1 minute' : `${minutes} minutes`;
};
