import type { Clock } from '../clock.js';

/** A reason of our own spares the making of an AbortError that nobody sees. */
const CALLED_OFF = 'called off';

/** Acts after a time, unless what it returns is called before. */
export function later(clock: Clock, afterMs: number, act: () => void): () => void {
  if (clock.after) return clock.after(afterMs, act);
  const calledOff = new AbortController();
  void clock.sleep(afterMs, calledOff.signal).then(() => {
    if (!calledOff.signal.aborted) act();
  });
  return () => calledOff.abort(CALLED_OFF);
}
