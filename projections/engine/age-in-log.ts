import type { ClockOffset } from '../../src/clock.js';
import type { RawEvent } from '../../src/ledger/event-log.js';

/**
 * How long an event has certainly been in the log, in milliseconds: two readings of the event store's clock, which is
 * no other process's. 0 where that isn't known. `now` is this process's wall clock.
 */
export function ageInLog(
  { recordedAt }: Pick<RawEvent, 'recordedAt'>,
  offset: ClockOffset | undefined,
  now: number,
): number {
  if (recordedAt === undefined || !offset) return 0;
  return Math.max(0, now + offset.offsetMs - offset.uncertaintyMs - recordedAt);
}
