import { DateTime } from 'luxon';
import { zoneNamed } from '../view/zone.js';

/** Times in addresses: days or times, in the reader's zone unless they carry an offset. */

const DATE = /^\d{4}-\d\d-\d\d$/;
const DATE_AND_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:?\d\d)?$/;

/** Milliseconds since 1970 of a day or time. One without an offset is in the zone. NaN for any other text. */
export function parseTime(text: string, zone: string): number {
  if (!DATE.test(text) && !DATE_AND_TIME.test(text)) return Number.NaN;
  return DateTime.fromISO(text.replace(' ', 'T'), { zone: zoneNamed(zone) }).toMillis();
}

/**
 * The first moment after a range. An end that is a day includes that whole day, so a range may begin and end on the
 * same day.
 */
export function endOf(text: string, zone: string): number {
  if (!DATE.test(text)) return parseTime(text, zone);
  return DateTime.fromISO(text, { zone: zoneNamed(zone) })
    .plus({ days: 1 })
    .toMillis();
}

/** A time with the zone's offset, so that an address means the same moment for every reader. */
export function addressTime(at: number, zone: string): string {
  const time = DateTime.fromMillis(at, { zone: zoneNamed(zone) });
  return time.toISO({ suppressMilliseconds: true, suppressSeconds: true }) ?? '';
}

/** A time for a form's field: in the zone, without an offset. */
export const fieldTime = (at: number, zone: string): string =>
  DateTime.fromMillis(at, { zone: zoneNamed(zone) }).toFormat("yyyy-MM-dd'T'HH:mm:ss");

/** "26 Nov 2026 14:00", with seconds when they are not zero. */
export function timeInWords(at: number, zone: string): string {
  const time = DateTime.fromMillis(at, { zone: zoneNamed(zone), locale: 'en-GB' });
  return time.toFormat(time.second === 0 ? 'd MMM yyyy HH:mm' : 'd MMM yyyy HH:mm:ss');
}
