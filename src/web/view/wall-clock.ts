/** Date and time in a zone. Months count from 1. */
export interface WallClock {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();
/** The most formats that are kept. People choose zones from a closed list, so there are few in practice. */
const FORMATS_MAX = 700;

/** The wall clock of a zone at a time (milliseconds since 1970). Throws RangeError for an unknown zone. */
export function wallClock(at: number, zone: string): WallClock {
  let format = formats.get(zone);
  if (!format) {
    // Making a format takes a hundred times as long as using it, and a page formats hundreds of times.
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    if (formats.size >= FORMATS_MAX) formats.clear();
    formats.set(zone, format);
  }
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of format.formatToParts(at)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return { year, month, day, hour, minute, second, millisecond: ((at % 1000) + 1000) % 1000 };
}

/** Days since 1970 of the date on the wall clock, to tell today from yesterday. */
export const dayNumber = ({ year, month, day }: WallClock): number =>
  Date.UTC(year, month - 1, day) / 86_400_000;

/** The zone when this runtime knows it, otherwise the other one. */
export function knownZone(zone: string | null | undefined, otherwise: string): string {
  if (!zone) return otherwise;
  try {
    wallClock(0, zone);
    return zone;
  } catch {
    return otherwise;
  }
}
