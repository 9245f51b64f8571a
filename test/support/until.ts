import { setImmediate } from 'node:timers/promises';
import { systemClock } from '../../src/clock.js';

/**
 * Calls a function again until it returns an answer, and resolves with that. `everyMs` is the time between two calls; 0
 * means the next turn of the event loop. There is no time limit besides that of the test.
 */
export async function until<Answer>(
  look: () => Answer | Promise<Answer>,
  everyMs = 20,
): Promise<Exclude<Answer, false | undefined | null>> {
  for (;;) {
    const answer = await look();
    if (answer !== false && answer !== undefined && answer !== null)
      return answer as Exclude<Answer, false | undefined | null>;
    await (everyMs === 0 ? setImmediate() : systemClock.sleep(everyMs));
  }
}
