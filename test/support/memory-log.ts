import {
  EMPTY_STREAM,
  type EventLog,
  type RawEvent,
  type ReadOptions,
  RevisionConflictError,
  type StoredEvent,
  type Subscribed,
  type SubscribeOptions,
  type Truncation,
} from '../../src/ledger/event-log.js';

/**
 * An event log in memory with EventStoreDB's rules for expected revisions and repeated ids, for pure tests and the
 * simulator. The position of an event is its index in the whole log. `storeTime` is the clock for the times at which
 * events are recorded; without it events have no such time.
 */
export function createMemoryLog(
  storeTime?: () => number,
): EventLog & { readonly events: readonly RawEvent[] } {
  const all: RawEvent[] = [];
  const streams = new Map<string, RawEvent[]>();
  const truncated = new Map<string, number>();
  const waiting = new Set<() => void>();

  async function append(stream: string, events: readonly StoredEvent[], expected: number) {
    const existing = streams.get(stream) ?? [];
    const actual = existing.length - 1;
    if (actual !== expected) {
      const repeated = existing.slice(expected + 1, expected + 1 + events.length);
      const same = repeated.length === events.length && repeated.every((e, i) => e.id === events[i]?.id);
      const last = repeated.at(-1);
      if (same && last) return { revision: last.revision, position: last.position };
      throw new RevisionConflictError(stream, expected, actual);
    }
    for (const { id, type, data, metadata } of events) {
      const text = JSON.stringify(data);
      const event: RawEvent = {
        stream,
        revision: existing.length,
        position: all.length,
        id,
        type,
        // Readers get data that was converted to JSON and back, as with a real store.
        data: JSON.parse(text),
        metadata: { ...metadata },
        bytes: text.length + JSON.stringify(metadata).length,
        ...(storeTime ? { recordedAt: storeTime() } : {}),
      };
      existing.push(event);
      all.push(event);
    }
    streams.set(stream, existing);
    for (const wake of [...waiting]) wake();
    return { revision: existing.length - 1, position: all.length - 1 };
  }

  async function truncate(stream: string, { before, notPast }: Truncation) {
    if (before > notPast) throw new RangeError(`${stream} may be truncated before ${notPast} at most`);
    truncated.set(stream, Math.max(before, truncated.get(stream) ?? 0));
  }

  async function* read(stream: string, options: ReadOptions = {}): AsyncGenerator<RawEvent> {
    const events = streams.get(stream) ?? [];
    const first = truncated.get(stream) ?? 0;
    const backwards = options.direction === 'backwards';
    const from = options.fromRevision ?? (backwards ? events.length - 1 : 0);
    const ordered = backwards
      ? events.slice(first, from + 1).reverse()
      : events.slice(Math.max(first, from), events.length);
    yield* ordered.slice(0, options.maxCount ?? ordered.length);
  }

  async function* subscribe(options: SubscribeOptions): AsyncGenerator<Subscribed> {
    let next = (options.after ?? EMPTY_STREAM) + 1;
    let caughtUp = false;
    while (!options.signal.aborted) {
      const event = all[next];
      if (event) {
        next += 1;
        caughtUp = false;
        if (options.streamPrefixes.some((prefix) => event.stream.startsWith(prefix)))
          yield { kind: 'event', event };
        continue;
      }
      if (!caughtUp) {
        caughtUp = true;
        if (next > 0) yield { kind: 'checkpoint', position: next - 1 };
        yield { kind: 'caught-up' };
        continue;
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          options.signal.removeEventListener('abort', wake);
          resolve();
        };
        waiting.add(wake);
        options.signal.addEventListener('abort', wake);
      });
    }
  }

  return {
    append,
    read,
    subscribe,
    head: async () => all.length - 1,
    truncate,
    clockOffset: () => ({ offsetMs: 0, uncertaintyMs: 0 }),
    refusal: () => undefined,
    close: async () => undefined,
    events: all,
  };
}
