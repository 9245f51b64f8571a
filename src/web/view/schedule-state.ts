import { BUCKET_LABELS } from '../../runs/status-bucket.js';
import { readTimetable } from '../../schedules/check-timetable.js';
import { type DueTime, dueTimesAfter } from '../../schedules/due-times.js';
import { timetableInWords } from '../../schedules/timetable-words.js';
import {
  LATEST_TIMES,
  type ListedSchedule,
  type ScheduleRow,
  type ScheduleTimeRow,
} from '../hub/schedule-list.js';
import { ago, count, position } from './format.js';

/** The scheduler starts operations within seconds, and pages are seconds behind. */
const OVERDUE_AFTER_MS = 2 * 60_000;
const NEXT_SHOWN = 5;

/** What a schedule should have done and did not (B8). */
export interface ScheduleTrouble {
  /**
   * A due time has passed and nothing was started or refused; none of the last ones had a run that succeeded; or this
   * program can't read the times.
   */
  readonly kind: 'overdue' | 'failing' | 'unreadable';
  readonly words: string;
}

/** The trouble of a schedule, or null. `times` are its latest due times, the newest first. */
export function scheduleTrouble({ schedule, times }: ListedSchedule, now: number): ScheduleTrouble | null {
  if (schedule.state !== 'at_work') return null;
  const read = readTimetable(schedule);
  if ('problem' in read) return { kind: 'unreadable', words: `Starts nothing: ${read.problem}` };
  const decidedThrough = Math.max(schedule.since, times[0]?.through ?? 0);
  const [due] = firstTimes(schedule, decidedThrough, 1);
  if (due && now - due.at > OVERDUE_AFTER_MS)
    return { kind: 'overdue', words: `Silent: due ${ago(due.at, { now })}, and nothing was started` };
  const latest = times.slice(0, LATEST_TIMES);
  return latest.length === LATEST_TIMES && latest.every(isFailed)
    ? { kind: 'failing', words: `The last ${LATEST_TIMES} times failed` }
    : null;
}

const isFailed = ({ outcome, bucket }: ScheduleTimeRow): boolean =>
  outcome === 'refused' || outcome === 'missed' || bucket === 'failed';

/** The result of due times, in words: the state and number of the run, or why there is none. */
export function dueInWords({ outcome, times, at_least, bucket, number }: ScheduleTimeRow): string {
  switch (outcome) {
    case 'missed':
      return times === 1 ? 'Missed' : `${at_least ? 'More than ' : ''}${count(times, 'time')} missed`;
    case 'refused':
      return 'Not started';
    case 'taken':
      return 'Being started';
    default: {
      const state = bucket ? BUCKET_LABELS[bucket] : 'Started';
      return number === null ? state : `${state} ${position(number)}`;
    }
  }
}

/** What was done by hand for a row of due times, in words; null when nothing was. */
export function byHandInWords({
  outcome,
  initiator_kind,
  joined_by_hand,
}: Pick<ScheduleTimeRow, 'outcome' | 'initiator_kind' | 'joined_by_hand'>): string | null {
  if (outcome === 'by_hand') return joined_by_hand ? 'was active already, asked for' : 'started by hand';
  return initiator_kind === null ? null : 'started again by hand';
}

/** The times of a schedule in words, or its cron expression if this program can't read it. */
export function whenInWords({ cron, zone }: Pick<ScheduleRow, 'cron' | 'zone'>): string {
  const read = readTimetable({ cron, zone });
  return 'problem' in read ? `${cron} ${zone}` : timetableInWords(read.timetable.cron, zone);
}

/** The next due times; none while it is paused or removed. */
export const nextTimes = (schedule: ScheduleRow, now: number): readonly DueTime[] =>
  schedule.state === 'at_work' ? firstTimes(schedule, now, NEXT_SHOWN) : [];

function firstTimes({ cron, zone }: ScheduleRow, after: number, wanted: number): readonly DueTime[] {
  const read = readTimetable({ cron, zone });
  if ('problem' in read) return [];
  const times: DueTime[] = [];
  for (const time of dueTimesAfter(read.timetable, after)) if (times.push(time) >= wanted) break;
  return times;
}
