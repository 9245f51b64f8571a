import type { Chance } from '../../clock.js';

/**
 * Holds back the requests of one app in one tenant while Graph asks for patience. Graph's budgets are the tenant's,
 * so all runs of a tenant share a gate; they start again one after another, for all at once would be refused again.
 */
export interface ThrottleGate {
  /** Graph asked to wait until then (monotonic milliseconds). */
  close(untilMs: number): void;
  isClosed(nowMs: number): boolean;
  /** When the next of those who wait may send its request (monotonic); not later than now if it is open. */
  turn(nowMs: number): number;
}

/** Between the requests of two that waited; a batch of twenty reads uses up so much of Intune's budget. */
const RESTART_EVERY_MS = 250;
/** What chance adds to a turn at most, so that several processes don't meet at the same moment. */
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
