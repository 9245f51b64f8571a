const DAYS = 'Sun|Mon|Tue|Wed|Thu|Fri|Sat';
const WEEKDAYS = 'Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday';
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH = `(?<month>${MONTHS.join('|')})`;
const TIME = '(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})';

/** The three forms of RFC 9110, 5.6.7: IMF-fixdate, and the older ones of RFC 850 and of C's asctime. */
const FORMS = [
  new RegExp(`^(?:${DAYS}), (?<day>\\d{2}) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`),
  new RegExp(`^(?:${WEEKDAYS}), (?<day>\\d{2})-${MONTH}-(?<year>\\d{2}) ${TIME} GMT$`),
  new RegExp(`^(?:${DAYS}) ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`),
];
/** A year of two digits that would be further in the future than this belongs to the previous century. */
const YEARS_AHEAD_MAX = 50;

/** An HTTP date in milliseconds since 1970, or null for any other text. */
export function parseHttpDate(text: string, nowMs: number): number | null {
  for (const form of FORMS) {
    const found = form.exec(text)?.groups;
    if (!found) continue;
    const number = (name: string) => Number(found[name]);
    const month = MONTHS.indexOf(found.month ?? '');
    const year = found.year?.length === 2 ? fullYear(number('year'), nowMs) : number('year');
    const date = Date.UTC(year, month, number('day'), number('hour'), number('minute'), number('second'));
    // Date.UTC turns the 31st of February into a day in March, so the month must be unchanged.
    const sound = new Date(date).getUTCMonth() === month && number('hour') < 24 && number('minute') < 60;
    return sound ? date : null;
  }
  return null;
}

function fullYear(twoDigits: number, nowMs: number): number {
  const thisYear = new Date(nowMs).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + YEARS_AHEAD_MAX ? year - 100 : year;
}
