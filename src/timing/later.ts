import type { Clock } from '../clock.js';

/** Giving a reason avoids creating an AbortError that nobody sees. */
const CANCELLED = 'cancelled';

/** Calls `act` after a time, unless the returned function is called before. */
export function later(clock: Clock, afterMs: number, act: () => void): () => void {
  if (clock.after) return clock.after(afterMs, act);
  const cancelled = new AbortController();
  void clock.sleep(afterMs, cancelled.signal).then(() => {
    if (!cancelled.signal.aborted) act();
  });
  return () => cancelled.abort(CANCELLED);
}
