import type { Chance, Clock } from '../clock.js';
import { backoffMs } from '../timing/backoff.js';
import type { EventLog, Subscribed } from './event-log.js';
import { type SilenceWatch, watchSilence } from './silence-watch.js';

export interface FollowOptions {
  readonly log: EventLog;
  readonly streamPrefixes: readonly string[];
  /** Returns the position of the last handled item; it is called again after every interruption. */
  readonly resumeAfter: () => number | undefined | Promise<number | undefined>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Called for each interruption, before the wait. */
  readonly onInterrupted?: (error: unknown, retryInMs: number) => void;
  /** After this time without an item, the log is asked whether it has more. */
  readonly silentAfterMs?: number;
}

/** A subscription stopped delivering events, without an error, although the log held more. */
export class SilentSubscriptionError extends Error {
  override readonly name = 'SilentSubscriptionError';
  constructor(position: number) {
    super(`the subscription had died without a word: the event at ${position} was waiting`);
  }
}

const RETRY = { firstMs: 100, longestMs: 10_000 };
const SILENT_AFTER_MS = 30_000;

/**
 * A subscription that never ends by itself. After an interruption it resumes from the caller's own position, because
 * the client resumes nothing; the waits grow and are jittered. It is renewed when nothing arrives while the log
 * grows. Ends without an error when the signal aborts. Errors that the consumer throws in its loop are not caught.
 */
export async function* follow(options: FollowOptions): AsyncGenerator<Subscribed> {
  const { log, signal, clock, chance, streamPrefixes } = options;
  const silentAfterMs = options.silentAfterMs ?? SILENT_AFTER_MS;
  let failures = 0;
  /** Every event up to here was seen or doesn't match this subscription. */
  let seen = -1;
  /** The log's head when the subscription was renewed because of its silence. */
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
    const waitMs = backoffMs(RETRY, failures, chance);
    failures += 1;
    options.onInterrupted?.(interrupted, waitMs);
    await clock.sleep(waitMs, signal);
  }
}
