import { number } from '../../wording/number-words.js';
import { LIMITS } from '../limits.js';
import { dayNumber, type WallClock, wallClock } from './wall-clock.js';

/** Numbers, times and durations for pages. The functions are pure: the present moment and the zone are given. */

export { count, number } from '../../wording/number-words.js';

/** A log position as a run's or a page's number: "#10,482". */
export const position = (value: number): string => `#${number(value)}`;

/** 1234567 → "1.2 MB". */
export function bytes(size: number): string {
  if (size < 1_000) return `${size} B`;
  const [unit, divisor] = size < 1_000_000 ? ['kB', 1_000] : size < 1e9 ? ['MB', 1_000_000] : ['GB', 1e9];
  const value = size / Number(divisor);
  return `${value < 10 ? Math.round(value * 10) / 10 : number(Math.round(value))} ${unit}`;
}

/** A count up to a limit, beyond which it is "99+". */
export const cappedCount = (count: number, max: number): string =>
  count > max ? `${number(max)}+` : number(count);

/** How many rows came after a page was rendered: "1 new act", "99+ new acts". */
export const newInWords = (rows: number, noun: string): string =>
  `${cappedCount(rows, LIMITS.newRowsCounted)} new ${noun}${rows === 1 ? '' : 's'}`;

/** "failed" → "Failed". A name such as macOS stays as it is. */
export const capitalized = (text: string): string =>
  /^\p{Ll}+\p{Lu}/u.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);

/** "policy_set" → "policy set". */
export const spaced = (name: string): string => name.replaceAll('_', ' ');

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** A duration in at most two units: "40 ms", "0.9 s", "38 s", "2 min 12 s". A negative duration counts as 0. */
export function duration(ms: number): string {
  const exact = Math.max(0, ms) / 1000;
  if (exact > 0 && exact < 0.1) return `${Math.max(1, Math.round(ms))} ms`;
  if (exact < 10) return `${(Math.round(exact * 10) / 10).toString()} s`;
  let rest = Math.round(exact);
  const words: string[] = [];
  for (const [unit, size] of UNITS) {
    const whole = Math.floor(rest / size);
    if (whole === 0 && words.length === 0) continue;
    if (whole > 0) words.push(`${whole} ${unit}`);
    rest -= whole * size;
    if (words.length === 2 || (words.length === 1 && rest === 0)) break;
  }
  return words.join(' ');
}

/** The present moment and the zone for the times of a page. */
export interface TimeFrame {
  readonly now: number;
  readonly zone: string;
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const two = (value: number): string => String(value).padStart(2, '0');
const monthOf = ({ month }: WallClock): string => MONTHS[month - 1] ?? '';
const minutes = ({ hour, minute }: WallClock): string => `${two(hour)}:${two(minute)}`;
const seconds = (clock: WallClock): string => `${minutes(clock)}:${two(clock.second)}`;
const millis = (clock: WallClock): string =>
  `${seconds(clock)}.${String(clock.millisecond).padStart(3, '0')}`;

/** A time in a list: "14:02", "yesterday 14:02", "12 May 14:02", "12 May 2025". */
export function shortTime(at: number, frame: TimeFrame): string {
  const clock = wallClock(at, frame.zone);
  const today = wallClock(frame.now, frame.zone);
  const days = dayNumber(today) - dayNumber(clock);
  if (days === 0) return minutes(clock);
  if (days === 1) return `yesterday ${minutes(clock)}`;
  const date = `${clock.day} ${monthOf(clock).slice(0, 3)}`;
  return clock.year === today.year ? `${date} ${minutes(clock)}` : `${date} ${clock.year}`;
}

/** A time of day with milliseconds, as the history shows it: "14:01:58.114". */
export const exactTime = (at: number, frame: TimeFrame): string => millis(wallClock(at, frame.zone));

/** A time of day, "14:01:58", with its date when that differs from the date of `beside`: "20 Nov 14:01:58". */
export function timeOfDay(at: number, frame: TimeFrame, beside: number): string {
  const clock = wallClock(at, frame.zone);
  if (!daysDiffer(at, beside, frame)) return seconds(clock);
  return `${clock.day} ${monthOf(clock).slice(0, 3)} ${seconds(clock)}`;
}

/** "21 November 2026 at 14:00:02". */
export function longTime(at: number, frame: TimeFrame): string {
  const clock = wallClock(at, frame.zone);
  return `${clock.day} ${monthOf(clock)} ${clock.year} at ${seconds(clock)}`;
}

/** The full time with its zone and in UTC, for titles. */
export function fullTime(at: number, frame: TimeFrame): string {
  const utc = isoTime(at).replace('T', ' ').replace('Z', ' UTC');
  return `${longTime(at, frame)} ${frame.zone} (${utc})`;
}

/** "2 s ago", "3 h ago", "12 d ago". */
export function ago(at: number, { now }: Pick<TimeFrame, 'now'>): string {
  const age = Math.max(0, Math.round((now - at) / 1000));
  if (age < 60) return `${age} s ago`;
  if (age < 3600) return `${Math.floor(age / 60)} min ago`;
  if (age < 86_400) return `${Math.floor(age / 3600)} h ago`;
  return `${Math.floor(age / 86_400)} d ago`;
}

/** A due time with its day of the week: "Sun 29 March 2026, 03:00". */
export function dueTime(at: number, frame: TimeFrame): string {
  const clock = wallClock(at, frame.zone);
  const weekday = WEEKDAYS[((dayNumber(clock) % 7) + 7) % 7] ?? '';
  return `${weekday.slice(0, 3)} ${day(at, frame)}, ${minutes(clock)}`;
}

/** A time for the `datetime` attribute. */
export const isoTime = (at: number): string => new Date(at).toISOString();

/** The day of a time, as a heading: "21 November 2026". */
export function day(at: number, frame: TimeFrame): string {
  const clock = wallClock(at, frame.zone);
  return `${clock.day} ${monthOf(clock)} ${clock.year}`;
}

/** "Today", "Yesterday" or "Thursday, 26 November 2026", as a heading. */
export function dayHeading(at: number, frame: TimeFrame): string {
  const clock = wallClock(at, frame.zone);
  const days = dayNumber(wallClock(frame.now, frame.zone)) - dayNumber(clock);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return `${WEEKDAYS[((dayNumber(clock) % 7) + 7) % 7]}, ${day(at, frame)}`;
}
const WEEKDAYS = ['Thursday', 'Friday', 'Saturday', 'Sunday', 'Monday', 'Tuesday', 'Wednesday'];

/** A time of day below a heading with its day: "14:02". */
export const timeBesideDay = (at: number, { zone }: TimeFrame): string => minutes(wallClock(at, zone));

/** Whether two times are on different days in the zone. A time without one before it counts as different. */
export const daysDiffer = (at: number, before: number | undefined, { zone }: TimeFrame): boolean =>
  before === undefined || dayNumber(wallClock(at, zone)) !== dayNumber(wallClock(before, zone));
