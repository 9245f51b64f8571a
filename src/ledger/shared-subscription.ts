import { createWakeup } from '../timing/wakeup.js';
import {
  type EventLog,
  LogUnavailableError,
  type RawEvent,
  type Subscribed,
  type SubscribeOptions,
} from './event-log.js';

export interface SharedLimits {
  /** Items that are kept for slower readers. A reader that falls further behind reads alone again. */
  readonly itemsMax: number;
  readonly bytesMax: number;
}

const SHARED_LIMITS: SharedLimits = { itemsMax: 4_096, bytesMax: 32 * 1024 * 1024 };

type Subscribe = EventLog['subscribe'];

/**
 * Lets the readers of one process share a subscription, so that each event is sent and decoded once for all of them.
 * A reader reads alone until it is caught up and then joins the others. When it falls too far behind the others, or
 * one of them has ended, it reads alone again from its own position. So each reader gets the same items in the same
 * order as from a subscription of its own. When the shared subscription fails, every reader gets its error.
 * `streamPrefixes` are those of all readers together.
 */
export function shareSubscription(
  log: Pick<EventLog, 'subscribe'>,
  streamPrefixes: readonly string[],
  limits = SHARED_LIMITS,
): Subscribe {
  let shared: SharedSubscription | undefined;

  /** Joins the shared subscription if it still holds everything after a position; begins one when there is none. */
  function join(position: number, streamPrefixesOfReader: readonly string[]): SharedReader | undefined {
    if (!shared || shared.hasEnded())
      shared = begin(log.subscribe, { streamPrefixes, after: position, limits });
    return shared.join(position, streamPrefixesOfReader);
  }

  return async function* subscribe(wanted: SubscribeOptions): AsyncGenerator<Subscribed> {
    const { signal } = wanted;
    let { after } = wanted;
    let reader: SharedReader | undefined;
    try {
      while (!signal.aborted) {
        let isCaughtUp = false;
        for await (const item of log.subscribe({ ...wanted, after })) {
          yield item;
          if (item.kind === 'caught-up') isCaughtUp = true;
          else after = item.kind === 'event' ? item.event.position : item.position;
          if (signal.aborted) return;
          if (isCaughtUp && after !== undefined) reader = join(after, wanted.streamPrefixes);
          if (reader) break;
        }
        if (!reader) return;
        for await (const { item, position } of reader.read(signal)) {
          yield item;
          after = position;
        }
        if (!signal.aborted) {
          reader.leave();
          reader = undefined;
        }
      }
    } finally {
      // The reader may have ended because the shared subscription was silent, so the others must check for themselves
      // too.
      reader?.retire();
    }
  };
}

/** An item of the shared subscription, and the log position that its readers have reached with it. */
interface Entry {
  readonly item: Subscribed;
  readonly position: number;
}

interface SharedReader {
  /**
   * Yields what follows the position at which the reader joined, until the signal aborts, the reader has fallen too
   * far behind, or the shared subscription is retired. Errors: those of the subscription.
   */
  read(signal: AbortSignal): AsyncGenerator<Entry>;
  leave(): void;
  /** Ends the shared subscription; its readers still get what it has received. */
  retire(): void;
}

interface SharedSubscription {
  hasEnded(): boolean;
  /** Undefined when it no longer holds everything after the position. */
  join(position: number, streamPrefixes: readonly string[]): SharedReader | undefined;
}

function begin(
  subscribe: Subscribe,
  {
    streamPrefixes,
    after,
    limits,
  }: { readonly streamPrefixes: readonly string[]; readonly after: number; readonly limits: SharedLimits },
): SharedSubscription {
  const retired = new AbortController();
  const news = createWakeup();
  let readers = 0;
  let failure: { readonly error: unknown } | undefined;
  /** The items received after `heldAfter`, numbered from `first`. */
  let entries: Entry[] = [];
  let first = 0;
  let heldAfter = after;
  let bytes = 0;

  async function receive(): Promise<void> {
    let reached = after;
    try {
      for await (const item of subscribe({ after, streamPrefixes, signal: retired.signal })) {
        if (item.kind !== 'caught-up') reached = item.kind === 'event' ? item.event.position : item.position;
        entries.push({ item, position: reached });
        bytes += sizeOf(item);
        if (entries.length > limits.itemsMax || bytes > limits.bytesMax) forgetHalf();
        news.notify();
      }
      failure = { error: new LogUnavailableError('the shared subscription ended', undefined) };
    } catch (error) {
      failure = { error };
    }
    news.notify();
  }

  function forgetHalf(): void {
    const forgotten = entries.slice(0, Math.ceil(entries.length / 2));
    entries = entries.slice(forgotten.length);
    first += forgotten.length;
    heldAfter = forgotten.at(-1)?.position ?? heldAfter;
    for (const { item } of forgotten) bytes -= sizeOf(item);
  }

  function retire(): void {
    retired.abort();
    news.notify();
  }

  function join(position: number, wanted: readonly string[]): SharedReader | undefined {
    if (position < heldAfter) return undefined;
    readers += 1;
    const firstUnseen = entries.findIndex((entry) => entry.position > position);
    let next = first + (firstUnseen < 0 ? entries.length : firstUnseen);
    let reachedPosition = position;
    async function* read(signal: AbortSignal): AsyncGenerator<Entry> {
      let skipped = false;
      while (!signal.aborted && next >= first) {
        const entry = entries[next - first];
        if (entry) {
          next += 1;
          const { item } = entry;
          // The reader joined with a position ahead of this item, so it has seen the item already.
          if (item.kind !== 'caught-up' && entry.position <= reachedPosition) continue;
          reachedPosition = Math.max(reachedPosition, entry.position);
          const isForOthers = item.kind === 'event' && !matches(item.event, wanted);
          if (item.kind !== 'caught-up') skipped = isForOthers;
          if (!isForOthers) yield { item, position: reachedPosition };
        } else if (skipped) {
          // Only events of other readers were skipped, so this reader has seen everything it wants up to here.
          skipped = false;
          yield { item: { kind: 'checkpoint', position: reachedPosition }, position: reachedPosition };
        } else if (retired.signal.aborted) return;
        else if (failure) throw failure.error;
        else await news.wait(signal);
      }
    }
    return {
      read,
      leave() {
        readers -= 1;
        if (readers === 0) retire();
      },
      retire,
    };
  }

  void receive();
  return { hasEnded: () => failure !== undefined || retired.signal.aborted, join };
}

const matches = ({ stream }: RawEvent, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => stream.startsWith(prefix));

const sizeOf = (item: Subscribed): number => (item.kind === 'event' ? (item.event.bytes ?? 0) : 0);
