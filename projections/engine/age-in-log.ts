import type { ClockOffset } from '../../src/clock.js';
import type { RawEvent } from '../../src/ledger/event-log.js';

/**
 * The least time that an event has been in the log, in milliseconds; 0 where it isn't known. Both times are the event
 * store's, because the clocks of processes differ. `now` is this process's wall clock.
 */
export function ageInLog(
  { recordedAt }: Pick<RawEvent, 'recordedAt'>,
  offset: ClockOffset | undefined,
  now: number,
): number {
  if (recordedAt === undefined || !offset) return 0;
  return Math.max(0, now + offset.offsetMs - offset.uncertaintyMs - recordedAt);
}
