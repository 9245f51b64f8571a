import type { Chance, Clock } from '../clock.js';
import type { EventLog, Subscribed } from './event-log.js';
import { type SilenceWatch, watchSilence } from './silence-watch.js';

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
  /** How long nothing may come before the log is asked whether there is more. */
  readonly silentAfterMs?: number;
}

/** A subscription brought nothing any more while the log held more, and said no word about it. */
export class SilentSubscriptionError extends Error {
  override readonly name = 'SilentSubscriptionError';
  constructor(position: number) {
    super(`the subscription had died without a word: the event at ${position} was waiting`);
  }
}

const RETRY_FIRST_MS = 100;
const RETRY_LONGEST_MS = 10_000;
const SILENT_AFTER_MS = 30_000;

/**
 * A subscription that never ends by itself: it resumes from the caller's own position with growing, jittered
 * waits, because the client resumes nothing, and it is renewed when it falls silent while the log goes on. Ends
 * without an error when the signal aborts. Errors that the consumer throws inside its loop are the consumer's.
 */
export async function* follow(options: FollowOptions): AsyncGenerator<Subscribed> {
  const { log, signal, clock, chance, streamPrefixes } = options;
  const silentAfterMs = options.silentAfterMs ?? SILENT_AFTER_MS;
  let failures = 0;
  /** Everything up to here has been seen, or is nothing for this subscription. */
  let seen = -1;
  /** Where the log stood when the subscription was renewed for its silence. */
  let awaited = -1;
  while (!signal.aborted) {
    let silence: SilenceWatch | undefined;
    let interrupted: unknown;
    try {
      const after = await options.resumeAfter();
      seen = Math.max(seen, after ?? -1);
      silence = watchSilence({ log, clock, signal, silentAfterMs, seen: () => seen });
      for await (const item of log.subscribe({ after, streamPrefixes, signal: silence.subscription })) {
        failures = 0;
        silence.pause();
        if (item.kind === 'caught-up') seen = Math.max(seen, awaited);
        else {
          const position = item.kind === 'event' ? item.event.position : item.position;
          if (item.kind === 'event' && position <= awaited) {
            awaited = -1;
            options.onInterrupted?.(new SilentSubscriptionError(position), 0);
          }
          seen = Math.max(seen, position);
        }
        yield item;
        silence.resume();
      }
      interrupted = new Error('the subscription ended');
    } catch (error) {
      interrupted = error;
    } finally {
      silence?.stop();
    }
    if (signal.aborted) return;
    const verdict = silence?.verdict();
    if (verdict?.kind === 'log-goes-on') {
      awaited = verdict.head;
      continue;
    }
    if (verdict) interrupted = verdict.error;
    const longest = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** failures);
    const waitMs = longest / 2 + (chance.fraction() * longest) / 2;
    failures += 1;
    options.onInterrupted?.(interrupted, waitMs);
    await clock.sleep(waitMs, signal);
  }
}
