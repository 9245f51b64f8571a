import type { Chance } from '../clock.js';

/** The waits between tries, milliseconds. They double from the first to the longest. */
export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** The wait after a failure, with jitter; `failures` is the number of failures directly before it, 0 for the first. */
export const backoffMs = (
  { firstMs, longestMs }: Backoff,
  failures: number,
  chance: Pick<Chance, 'fraction'>,
): number => jitteredMs(Math.min(longestMs, firstMs * 2 ** failures), chance);

/** A random time between half and all of a wait, so that processes that failed together don't try again together. */
export const jitteredMs = (ms: number, chance: Pick<Chance, 'fraction'>): number =>
  ms * (0.5 + chance.fraction() / 2);
