import type { RunName } from './liveness.js';

/** How long runs have been seen waiting in the queue, kept where a restart doesn't lose it. */
export interface WaitingTimes {
  /**
   * Adds time to each run's, on the caller's monotonic clock, and answers the sums by run id in milliseconds. Time in
   * which nobody looked isn't counted, and no wall clock takes part.
   */
  add(
    runs: readonly (RunName & { readonly attempt: number; readonly addedMs: number })[],
  ): Promise<ReadonlyMap<string, number>>;
}
