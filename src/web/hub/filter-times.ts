import { DateTime } from 'luxon';

/** Times as they stand in addresses: days or times, of the reader's zone where they name no other. */

const DATE = /^\d{4}-\d\d-\d\d$/;
const DATE_AND_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:?\d\d)?$/;

/** Milliseconds since 1970 of a day or time; one without an offset is in the zone. NaN for anything else. */
export function timeOf(text: string, zone: string): number {
  if (!DATE.test(text) && !DATE_AND_TIME.test(text)) return Number.NaN;
  return DateTime.fromISO(text.replace(' ', 'T'), { zone }).toMillis();
}

/** The moment before which a range ends: a day belongs to it whole, so that from and to may name the same day. */
export function endOf(text: string, zone: string): number {
  if (!DATE.test(text)) return timeOf(text, zone);
  return DateTime.fromISO(text, { zone }).plus({ days: 1 }).toMillis();
}

/** A moment with the zone's offset, so that it is the same for whoever opens the address. */
export function addressTime(at: number, zone: string): string {
  const time = DateTime.fromMillis(at, { zone });
  return time.toISO({ suppressMilliseconds: true, suppressSeconds: true }) ?? '';
}

/** A moment as a form's field takes it: in the zone, without its offset. */
export const fieldTime = (at: number, zone: string): string =>
  DateTime.fromMillis(at, { zone }).toFormat("yyyy-MM-dd'T'HH:mm:ss");

/** "26 Nov 2026 14:00", with seconds where there are any. */
export function timeInWords(at: number, zone: string): string {
  const time = DateTime.fromMillis(at, { zone, locale: 'en-GB' });
  return time.toFormat(time.second === 0 ? 'd MMM yyyy HH:mm' : 'd MMM yyyy HH:mm:ss');
}
