import type { Chance } from '../../clock.js';

/**
 * Holds back all requests of one app to one service of a tenant after Graph refused one of them with 429. All runs of
 * the tenant share the gate. When it opens they start one after another, because all at once would be refused again.
 */
export interface ThrottleGate {
  /** Graph asked to wait until then (monotonic milliseconds). */
  close(untilMs: number): void;
  isClosed(nowMs: number): boolean;
  /** When the next of those who wait may send its request (monotonic); not later than now if it is open. */
  turn(nowMs: number): number;
}

/** Pause between the starts of two waiting requests; in that time Intune's limit allows about one batch of reads. */
const RESTART_EVERY_MS = 250;
/** Largest random addition to a start, so that several processes don't start at the same moment. */
const RESTART_JITTER_MS = 1000;

export function createThrottleGate(chance: Chance): ThrottleGate {
  let closedUntilMs = Number.NEGATIVE_INFINITY;
  let waiting = 0;
  return {
    close(untilMs) {
      if (untilMs <= closedUntilMs) return;
      closedUntilMs = untilMs;
      waiting = 0;
    },
    isClosed: (nowMs) => closedUntilMs > nowMs,
    turn(nowMs) {
      if (closedUntilMs <= nowMs) return nowMs;
      const turnMs = closedUntilMs + waiting * RESTART_EVERY_MS + chance.fraction() * RESTART_JITTER_MS;
      waiting += 1;
      return turnMs;
    },
  };
}
