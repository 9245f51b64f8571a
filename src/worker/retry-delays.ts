import { isLogTrouble } from '../ledger/event-log.js';

/** What becomes of a command after trouble. */
export interface Retry {
  readonly delayMs: number;
  /** Whether this is the first trouble with the run since something last went well with it. */
  readonly isFirst: boolean;
}

/** How long to leave a run alone that could not be taken up. */
export interface RetryDelays {
  after(runId: string, error: unknown): Retry;
  /** Told when the run could be taken up. */
  forget(runId: string): void;
}

export const RETRY_FIRST_MS = 5_000;
/** A program that can do better gets the command after this long at the latest. */
export const RETRY_LONGEST_MS = 60_000;
/** Runs in trouble that are remembered; the oldest of more are taken for new ones. */
const REMEMBERED_MAX = 1_000;

/**
 * Trouble that is the run's own, such as an event that can't be read, is met ever more seldom; while the log is away
 * that says nothing about the run, and it is taken up soon after the log is back.
 */
export function createRetryDelays(): RetryDelays {
  const delaysMs = new Map<string, number>();
  return {
    after(runId, error) {
      const beforeMs = delaysMs.get(runId);
      const delayMs =
        beforeMs === undefined || isLogTrouble(error)
          ? RETRY_FIRST_MS
          : Math.min(beforeMs * 2, RETRY_LONGEST_MS);
      delaysMs.delete(runId);
      delaysMs.set(runId, delayMs);
      const [oldest] = delaysMs.keys();
      if (oldest !== undefined && delaysMs.size > REMEMBERED_MAX) delaysMs.delete(oldest);
      return { delayMs, isFirst: beforeMs === undefined };
    },
    forget: (runId) => void delaysMs.delete(runId),
  };
}
