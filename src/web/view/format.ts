import { DateTime } from 'luxon';

/** Numbers, times and durations as pages show them. Pure: the present moment and the zone come in. */

const grouped = new Intl.NumberFormat('en-GB');

/** 1204 → "1,204". */
export const number = (value: number): string => grouped.format(value);

/** A log position as a run's or a page's number: "#10,482". */
export const position = (value: number): string => `#${number(value)}`;

/** 1 item, 2 items. */
export function count(value: number, singular: string, plural = `${singular}s`): string {
  return `${number(value)} ${value === 1 ? singular : plural}`;
}

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** A duration in at most two units: "0.9 s", "38 s", "2 min 12 s". Negative ones count as nothing. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${(Math.round(seconds * 10) / 10).toString()} s`;
  let rest = Math.round(seconds);
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

/** The moment and zone that a page's times are told from. */
export interface TimeFrame {
  readonly now: number;
  readonly zone: string;
}

/** A time in a list: "14:02", "yesterday 14:02", "12 May 14:02", "12 May 2025". */
export function shortTime(at: number, frame: TimeFrame): string {
  const time = DateTime.fromMillis(at, { zone: frame.zone, locale: 'en-GB' });
  const today = DateTime.fromMillis(frame.now, { zone: frame.zone }).startOf('day');
  const days = Math.round(today.diff(time.startOf('day'), 'days').days);
  if (days === 0) return time.toFormat('HH:mm');
  if (days === 1) return `yesterday ${time.toFormat('HH:mm')}`;
  return time.year === today.year ? time.toFormat('d LLL HH:mm') : time.toFormat('d LLL yyyy');
}

/** A time of day with milliseconds, as the history shows it: "14:01:58.114". */
export function exactTime(at: number, frame: TimeFrame): string {
  return DateTime.fromMillis(at, { zone: frame.zone }).toFormat('HH:mm:ss.SSS');
}

/** "21 November 2026 at 14:00:02". */
export function longTime(at: number, frame: TimeFrame): string {
  return DateTime.fromMillis(at, { zone: frame.zone, locale: 'en-GB' }).toFormat("d LLLL yyyy 'at' HH:mm:ss");
}

/** The full time with its zone and in UTC, for titles. */
export function fullTime(at: number, frame: TimeFrame): string {
  const utc = DateTime.fromMillis(at, { zone: 'utc' }).toFormat('yyyy-LL-dd HH:mm:ss.SSS');
  return `${longTime(at, frame)} ${frame.zone} (${utc} UTC)`;
}

/** "2 s ago", "3 h ago", "12 d ago". */
export function ago(at: number, frame: TimeFrame): string {
  const seconds = Math.max(0, Math.round((frame.now - at) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** For the datetime attribute. */
export const isoTime = (at: number): string => new Date(at).toISOString();

/** The day of a time, as a heading: "21 November 2026". */
export function day(at: number, frame: TimeFrame): string {
  return DateTime.fromMillis(at, { zone: frame.zone, locale: 'en-GB' }).toFormat('d LLLL yyyy');
}
