import type { Clock } from '../clock.js';
import { endedWithin } from '../timing/ended-within.js';

export interface CloseWithinOptions {
  readonly clock: Clock;
  /** Resolves when everything in hand has ended. */
  readonly drained: Promise<unknown>;
  readonly limitMs: number;
  /** Called once when the limit has passed. */
  readonly abort: () => void;
  readonly graceMs: number;
}

/**
 * Waits until everything in hand has ended. After the limit it aborts the rest and waits for the grace time. Returns
 * whether everything ended.
 */
export async function closeWithin(options: CloseWithinOptions): Promise<boolean> {
  const { clock, drained, limitMs, graceMs } = options;
  if (await endedWithin(clock, drained, limitMs)) return true;
  options.abort();
  return endedWithin(clock, drained, graceMs);
}
