import { type Cron, NEVER_COMES, parseCron } from './cron.js';
import type { Timetable } from './due-times.js';
import { isZone } from './zone-offsets.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Every possible date of a calendar occurs within eight years. */
const LOOKED_AT_DAYS = 8 * 366;

/** A mistake in a timetable that a person typed, with the field of the form. */
export interface TimetableProblem {
  readonly field: 'cron' | 'zone';
  /** A sentence for the person who typed it. */
  readonly problem: string;
}

/** The times of a schedule in the form in which they are stored. */
interface TimetableText {
  readonly cron: string;
  readonly zone: string;
}

/** Makes the timetable of a cron expression and a time zone. */
export function readTimetable(text: TimetableText): { readonly timetable: Timetable } | TimetableProblem {
  if (!isZone(text.zone))
    return { field: 'zone', problem: 'There is no such time zone. Choose one such as Europe/Berlin.' };
  const parsed = parseCron(text.cron);
  if ('problem' in parsed) return { field: 'cron', problem: parsed.problem };
  return { timetable: { cron: parsed.cron, zone: text.zone } };
}

/**
 * The mistake in times that a person typed, or undefined. `leastEveryMs` is the shortest allowed distance between two
 * due times.
 */
export function timetableProblem(typed: TimetableText, leastEveryMs: number): TimetableProblem | undefined {
  const read = readTimetable(typed);
  if ('problem' in read) return read;
  const shortestMs = shortestDistanceMs(read.timetable.cron);
  if (shortestMs === undefined) return { field: 'cron', problem: NEVER_COMES };
  if (shortestMs >= leastEveryMs) return undefined;
  return {
    field: 'cron',
    problem: `This comes after ${inMinutes(shortestMs)}; leave ${inMinutes(leastEveryMs)} at least between two times.`,
  };
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
