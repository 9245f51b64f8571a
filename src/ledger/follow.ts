import type { Chance, Clock } from '../clock.js';
import type { EventLog, Subscribed } from './event-log.js';

export interface FollowOptions {
  readonly log: EventLog;
  readonly streamPrefixes: readonly string[];
  /** Where to resume, asked anew after every interruption: the position of the last thing handled. */
  readonly resumeAfter: () => number | undefined | Promise<number | undefined>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Told about each interruption, before the wait. */
  readonly onInterrupted?: (error: unknown, retryInMs: number) => void;
}

const RETRY_FIRST_MS = 100;
const RETRY_LONGEST_MS = 10_000;

/**
 * A subscription that never ends by itself: it resumes from the caller's own position with growing, jittered
 * waits, because the client resumes nothing. Ends without an error when the signal aborts. Errors that the
 * consumer throws inside its loop are the consumer's.
 */
export async function* follow(options: FollowOptions): AsyncGenerator<Subscribed> {
  const { log, signal, clock, chance } = options;
  let failures = 0;
  while (!signal.aborted) {
    let interrupted: unknown;
    try {
      const after = await options.resumeAfter();
      for await (const item of log.subscribe({ after, streamPrefixes: options.streamPrefixes, signal })) {
        failures = 0;
        yield item;
      }
      if (signal.aborted) return;
      interrupted = new Error('the subscription ended');
    } catch (error) {
      interrupted = error;
    }
    if (signal.aborted) return;
    const longest = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** failures);
    const waitMs = longest / 2 + (chance.fraction() * longest) / 2;
    failures += 1;
    options.onInterrupted?.(interrupted, waitMs);
    await clock.sleep(waitMs, signal);
  }
}
