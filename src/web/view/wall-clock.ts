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

/** Since then every zone has changed its offset only at a full quarter of an hour. */
const QUARTERS_SINCE = Date.UTC(1973, 0);
const QUARTER_MS = 15 * 60_000;
/** Offsets from UTC in milliseconds by zone and quarter. A page asks for some hundred, most of them again and again. */
const offsets = new Map<string, Map<number, number>>();
const OFFSETS_MAX = 20_000;
let offsetsKept = 0;

/** The wall clock of a zone at a time (milliseconds since 1970). Throws RangeError for an unknown zone. */
export function wallClock(at: number, zone: string): WallClock {
  if (!(at >= QUARTERS_SINCE)) return formattedClock(at, zone);
  const local = new Date(at + zoneOffsetMs(at, zone));
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    millisecond: local.getUTCMilliseconds(),
  };
}

/** The offset of a zone from UTC in milliseconds at a time. Throws RangeError for an unknown zone. */
export function zoneOffsetMs(at: number, zone: string): number {
  if (at >= QUARTERS_SINCE) return offsetOf(Math.floor(at / QUARTER_MS) * QUARTER_MS, zone);
  const { year, month, day, hour, minute, second, millisecond } = formattedClock(at, zone);
  return Date.UTC(year, month - 1, day, hour, minute, second, millisecond) - at;
}

function offsetOf(quarter: number, zone: string): number {
  const known = offsets.get(zone)?.get(quarter);
  if (known !== undefined) return known;
  const { year, month, day, hour, minute, second } = formattedClock(quarter, zone);
  const offset = Date.UTC(year, month - 1, day, hour, minute, second) - quarter;
  if (offsetsKept >= OFFSETS_MAX) {
    offsets.clear();
    offsetsKept = 0;
  }
  const ofZone = offsets.get(zone) ?? new Map<number, number>();
  offsets.set(zone, ofZone.set(quarter, offset));
  offsetsKept += 1;
  return offset;
}

/** The wall clock as the runtime formats it, which takes some microseconds. */
function formattedClock(at: number, zone: string): WallClock {
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
