import type { Chance } from '../../clock.js';

/**
 * Holds back all requests of one app to one service of a tenant after Graph refused one of them with 429. All runs
 * of the tenant share the gate. When it opens, requests start one after another, because they would be refused
 * again if all started at once.
 */
export interface ThrottleGate {
  /** Closes the gate until the time that Graph asked for (monotonic milliseconds). */
  close(untilMs: number): void;
  isClosed(nowMs: number): boolean;
  /**
   * The time at which the next waiting request may be sent (monotonic milliseconds); not later than now when the
   * gate is open.
   */
  turn(nowMs: number): number;
}

/** Pause between the starts of two waiting requests. Intune's limit allows about one batch of reads in this time. */
const RESTART_EVERY_MS = 250;
/** Largest random delay of a start, so that several processes don't start at the same moment. */
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
