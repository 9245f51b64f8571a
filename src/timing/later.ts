import type { Clock } from '../clock.js';

/** Giving a reason avoids creating an AbortError that nobody sees. */
const CALLED_OFF = 'called off';

/** Calls `act` after a time, unless the returned function is called before. */
export function later(clock: Clock, afterMs: number, act: () => void): () => void {
  if (clock.after) return clock.after(afterMs, act);
  const calledOff = new AbortController();
  void clock.sleep(afterMs, calledOff.signal).then(() => {
    if (!calledOff.signal.aborted) act();
  });
  return () => calledOff.abort(CALLED_OFF);
}
