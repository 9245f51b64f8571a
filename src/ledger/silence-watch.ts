import type { Clock } from '../clock.js';
import type { EventLog } from './event-log.js';

/** What the check of a silent subscription found. */
export type SilenceVerdict =
  | { readonly kind: 'log-goes-on'; readonly head: number }
  /** The log didn't answer either. */
  | { readonly kind: 'no-answer'; readonly error: unknown };

export interface SilenceWatch {
  /** Given to the subscription: aborts with the caller's signal, and when the silence means that something is wrong. */
  readonly subscription: AbortSignal;
  /** The reader works and doesn't wait for items, so the time doesn't count as silence. */
  pause(): void;
  resume(): void;
  stop(): void;
  /** Why the subscription was ended; undefined unless its silence was the reason. */
  verdict(): SilenceVerdict | undefined;
}

/** How long an event that was appended just before the check may need to arrive. */
const ARRIVAL_MS = 1_000;

/**
 * Watches one subscription for silence. A server may drop a reader, or a connection may die, without any message;
 * neither ends the subscription. After `silentAfterMs` without an item the log's head is read. If the head is beyond
 * what was seen, or the log doesn't answer, the subscription is ended so that a new one can begin.
 */
export function watchSilence(options: {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly silentAfterMs: number;
  readonly seen: () => number;
}): SilenceWatch {
  const { log, clock, silentAfterMs, seen } = options;
  const ended = new AbortController();
  const stopped = AbortSignal.any([options.signal, ended.signal]);
  let waitingSinceMs: number | undefined = clock.monotonicMs();
  let verdict: SilenceVerdict | undefined;

  async function watch(): Promise<void> {
    let dueInMs = silentAfterMs;
    while (!stopped.aborted) {
      await clock.sleep(dueInMs, stopped);
      const sinceMs = waitingSinceMs;
      dueInMs = sinceMs === undefined ? silentAfterMs : sinceMs + silentAfterMs - clock.monotonicMs();
      if (stopped.aborted || dueInMs > 0) continue;
      const found = await checkLog();
      if (found?.kind === 'log-goes-on') await clock.sleep(ARRIVAL_MS, stopped);
      dueInMs = silentAfterMs;
      // An item that arrived during the check ends the silence.
      if (!found || stopped.aborted || waitingSinceMs !== sinceMs) continue;
      verdict = found;
      ended.abort();
    }
  }

  async function checkLog(): Promise<SilenceVerdict | undefined> {
    try {
      const head = await log.head();
      return head > seen() ? { kind: 'log-goes-on', head } : undefined;
    } catch (error) {
      return { kind: 'no-answer', error };
    }
  }

  void watch();
  return {
    subscription: stopped,
    pause() {
      waitingSinceMs = undefined;
    },
    resume() {
      waitingSinceMs = clock.monotonicMs();
    },
    stop: () => ended.abort(),
    verdict: () => verdict,
  };
}
