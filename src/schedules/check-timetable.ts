import { type Cron, NEVER_COMES, parseCron } from './cron.js';
import type { Timetable } from './due-times.js';
import { isZone } from './zone-offsets.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Every possible date of a calendar occurs within eight years. */
const LOOKED_AT_DAYS = 8 * 366;

const NO_SUCH_ZONE = 'There is no such time zone. Choose one such as Europe/Berlin.';

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
  if (!isZone(text.zone)) return { field: 'zone', problem: NO_SUCH_ZONE };
  const parsed = parseCron(text.cron);
  if ('problem' in parsed) return { field: 'cron', problem: parsed.problem };
  return { timetable: { cron: parsed.cron, zone: text.zone } };
}

/**
 * The mistakes in times that a person typed, one a field at most. `leastEveryMs` is the shortest allowed distance
 * between two due times.
 */
export function timetableProblems(
  { cron, zone }: TimetableText,
  leastEveryMs: number,
): readonly TimetableProblem[] {
  const wrongCron = cronProblem(cron, leastEveryMs);
  return [
    ...(wrongCron === undefined ? [] : [{ field: 'cron', problem: wrongCron } as const]),
    ...(isZone(zone) ? [] : [{ field: 'zone', problem: NO_SUCH_ZONE } as const]),
  ];
}

function cronProblem(typed: string, leastEveryMs: number): string | undefined {
  const parsed = parseCron(typed);
  if ('problem' in parsed) return parsed.problem;
  const shortestMs = shortestDistanceMs(parsed.cron);
  if (shortestMs === undefined) return NEVER_COMES;
  if (shortestMs >= leastEveryMs) return undefined;
  return `This comes after ${inMinutes(shortestMs)}; leave ${inMinutes(leastEveryMs)} at least between two times.`;
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
