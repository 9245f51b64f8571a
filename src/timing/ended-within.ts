import type { Clock } from '../clock.js';

/** Whether a promise settles within `limitMs`. A rejection passes through. */
export async function endedWithin(
  clock: Clock,
  promise: Promise<unknown>,
  limitMs: number,
): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      promise.then(() => true),
      clock.sleep(limitMs, timer.signal).then(() => false),
    ]);
  } finally {
    timer.abort();
  }
}
