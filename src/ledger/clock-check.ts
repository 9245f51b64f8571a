import type { Clock, ClockOffset } from '../clock.js';
import { type EventLog, LogUnavailableError } from './event-log.js';

/** The largest difference allowed between this process's clock and the event store's while events are written. */
export const CLOCK_DIFFERENCE_MAX_MS = 60_000;
/** When the wall clock moves this much against the monotonic clock, somebody set it, and it is compared again. */
const CLOCK_SET_MS = 1_000;

/** This process's clock or the event store's is wrong. Nothing was written, because events keep their time for ever. */
export class ClockWrongError extends LogUnavailableError {
  override readonly name = 'ClockWrongError';
  constructor(offsetMs: number) {
    const seconds = Math.round(Math.abs(offsetMs) / 1000);
    const side = offsetMs > 0 ? 'behind' : 'ahead of';
    super(
      'writing a time',
      undefined,
      `this machine’s clock is ${seconds} s ${side} the event store’s. Nothing was recorded; set both clocks by NTP (chrony, systemd-timesyncd)`,
    );
  }
}

/** Whether nothing may be written, because the clocks certainly differ by more than the limit. */
export const isClockWrong = (offset: ClockOffset | undefined): boolean =>
  offset !== undefined && Math.abs(offset.offsetMs) - offset.uncertaintyMs > CLOCK_DIFFERENCE_MAX_MS;

/** The time to write into events, checked against the event store's clock. */
export interface CheckedClock {
  /** Milliseconds since 1970. Errors: ClockWrongError; LogUnavailableError while the store can't be asked. */
  now(): Promise<number>;
}

/**
 * Compares this process's clock with the event store's before events are written: the first time, after the clock
 * was set, and as long as it is wrong. At other times it uses the difference that the log measured last.
 */
export function createCheckedClock(log: Pick<EventLog, 'head' | 'clockOffset'>, clock: Clock): CheckedClock {
  /** The wall clock minus the monotonic one when the difference was last measured. */
  let measuredMs: number | undefined;

  return {
    async now() {
      let now = clock.now();
      if (measuredMs === undefined || Math.abs(now - clock.monotonicMs() - measuredMs) > CLOCK_SET_MS) {
        await log.head();
        now = clock.now();
        measuredMs = now - clock.monotonicMs();
      }
      const offset = log.clockOffset();
      if (offset && isClockWrong(offset)) {
        measuredMs = undefined;
        throw new ClockWrongError(offset.offsetMs);
      }
      return now;
    },
  };
}
