import { setImmediate } from 'node:timers/promises';
import { systemClock } from '../../src/clock.js';

/**
 * Looks again until there is an answer, and resolves with it; `everyMs` is the time between two looks, 0 for the next
 * turn of the event loop. It has no limit of its own: the test's ends a wait for ever.
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
