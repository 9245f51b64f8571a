import { IANAZone } from 'luxon';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Whether the runtime knows a time zone of this name. */
export const isZone = (name: string): boolean => IANAZone.isValidZone(name);

/** A clock change of a zone, with the offsets from UTC before and after it, milliseconds. */
export interface ClockChange {
  readonly at: number;
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** The offset of a zone's clocks from UTC at a time, milliseconds. */
export const offsetAt = (zone: string, at: number): number => IANAZone.create(zone).offset(at) * MINUTE_MS;

/** The clock changes of a zone after `from` and up to `to`. Two changes within a day are taken for one. */
export function clockChanges(zone: string, from: number, to: number): readonly ClockChange[] {
  const changes: ClockChange[] = [];
  for (let start = from; start < to; start += DAY_MS) {
    const end = Math.min(to, start + DAY_MS);
    const [beforeMs, afterMs] = [offsetAt(zone, start), offsetAt(zone, end)];
    if (beforeMs !== afterMs) changes.push({ at: firstWith(zone, beforeMs, start, end), beforeMs, afterMs });
  }
  return changes;
}

/** The first millisecond after `before` at which the offset is no longer `offsetMs`. */
function firstWith(zone: string, offsetMs: number, before: number, after: number): number {
  let [low, high] = [before, after];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(zone, middle) === offsetMs) low = middle;
    else high = middle;
  }
  return high;
}
