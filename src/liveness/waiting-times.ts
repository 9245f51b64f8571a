import type { RunName } from './liveness.js';

/** Stores how long runs have waited in the queue, so that a restart doesn't lose it. */
export interface WaitingTimes {
  /**
   * Adds waiting time to each run, measured on the caller's monotonic clock, and returns the sums by run id in
   * milliseconds. Time in which no dispatcher ran isn't counted, and no wall clock is used.
   */
  add(
    runs: readonly (RunName & { readonly attempt: number; readonly addedMs: number })[],
  ): Promise<ReadonlyMap<string, number>>;
}
