import { isLogTrouble } from '../ledger/event-log.js';

/** What to do with a command after an error. */
export interface Retry {
  readonly delayMs: number;
  /** Whether this is the run's first error since it was last taken up. */
  readonly isFirst: boolean;
}

/** How long a run that could not be claimed waits until the next try. */
export interface RetryDelays {
  after(runId: string, error: unknown): Retry;
  /** Called when the run was taken up. */
  forget(runId: string): void;
}

export const RETRY_FIRST_MS = 5_000;
/** The longest delay, so that a program that can carry the run out soon gets the command. */
export const RETRY_LONGEST_MS = 60_000;
/** The number of runs that are remembered; the oldest are forgotten first. */
const REMEMBERED_MAX = 1_000;

/**
 * The delay doubles for errors of the run itself, such as an event that can't be read. An unreachable log says
 * nothing about the run, so the delay then stays short and the run is taken up soon after the log is back.
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
