import { CronExpressionParser } from 'cron-parser';
import { errorMessage } from '../wording/error-message.js';

/** A cron expression in the form in which due times are calculated. */
export interface Cron {
  /** The expression with single spaces and names in capitals. */
  readonly text: string;
  /** Minutes of the day (0–1439) at which it is due on its days, ascending. */
  readonly minutesOfDay: readonly number[];
  /** Whether it is due in every hour; then it follows elapsed time and not the wall clock. */
  readonly everyHour: boolean;
  /** Whether it is due on a date. Months count from 1. */
  isDay(year: number, month: number, day: number): boolean;
}

export type ParsedCron = { readonly cron: Cron } | { readonly problem: string };

/** Why an expression such as “0 0 30 2 *” is refused. */
export const NEVER_COMES = 'This never comes: no month of it has such a day.';

const FIELDS = /^\S+ \S+ \S+ \S+ \S+$/;
const CHARACTERS = /^[\dA-Z*,/\- L]+$/;
const HOURS_OF_DAY = 24;
const DAYS_OF_LONGEST_MONTH = 31;
const DAYS_OF_WEEK = 7;

/**
 * Parses a cron expression of five fields: minute, hour, day of the month, month, day of the week. `L` as day of the
 * month is its last day. As in other cron programs, a date has to match only one of the two day fields when both are
 * restricted. `problem` is a sentence for the person who typed it.
 */
export function parseCron(expression: string): ParsedCron {
  const text = expression.trim().replace(/\s+/g, ' ').toUpperCase();
  if (!FIELDS.test(text))
    return {
      problem:
        'This needs five fields: minute, hour, day of the month, month, day of the week. “0 2 * * *” comes every night at 02:00.',
    };
  const [, , daysOfMonth = '', , daysOfWeek = ''] = text.split(' ');
  if (!CHARACTERS.test(text) || daysOfWeek.includes('L') || /\bH\b/.test(text))
    return {
      problem:
        'This takes numbers, names such as MON and JAN, “*”, “,”, “-” and “/”, and “L” for the last day of the month.',
    };
  try {
    const { minute, hour, dayOfMonth, month, dayOfWeek } = CronExpressionParser.parse(`0 ${text}`).fields;
    const hours = numbersIn(hour.values);
    const days: CronDays = {
      months: new Set(numbersIn(month.values)),
      daysOfMonth: new Set(numbersIn(dayOfMonth.values)),
      lastDay: /(^|,)L(,|$)/.test(daysOfMonth),
      // Sunday is 0 and 7.
      daysOfWeek: new Set(numbersIn(dayOfWeek.values).map((weekday) => weekday % DAYS_OF_WEEK)),
    };
    return {
      cron: {
        text,
        minutesOfDay: hours.flatMap((ofDay) => numbersIn(minute.values).map((ofHour) => ofDay * 60 + ofHour)),
        everyHour: hours.length === HOURS_OF_DAY,
        isDay: (year, inMonth, day) => isDayOf(days, year, inMonth, day),
      },
    };
  } catch (error) {
    const message = errorMessage(error);
    if (message.includes('explicit day of month')) return { problem: NEVER_COMES };
    return { problem: `This is not a cron expression: ${message}.` };
  }
}

/** The days on which an expression is due. */
interface CronDays {
  /** From 1. */
  readonly months: ReadonlySet<number>;
  readonly daysOfMonth: ReadonlySet<number>;
  /** Whether the last day of each month counts besides `daysOfMonth`. */
  readonly lastDay: boolean;
  /** Sunday is 0. */
  readonly daysOfWeek: ReadonlySet<number>;
}

/** Whether a date is one of the days. Months count from 1. */
function isDayOf(days: CronDays, year: number, month: number, day: number): boolean {
  if (!days.months.has(month)) return false;
  const isLast = days.lastDay && day === new Date(Date.UTC(year, month, 0)).getUTCDate();
  const byDay = days.daysOfMonth.has(day) || isLast;
  const byWeekday = days.daysOfWeek.has(new Date(Date.UTC(year, month - 1, day)).getUTCDay());
  if (days.daysOfMonth.size === DAYS_OF_LONGEST_MONTH) return byWeekday;
  return days.daysOfWeek.size === DAYS_OF_WEEK ? byDay : byDay || byWeekday;
}

const numbersIn = (values: readonly unknown[]): readonly number[] =>
  values.filter((value) => typeof value === 'number').sort((one, other) => one - other);
