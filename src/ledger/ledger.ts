import type { Chance, Clock } from '../clock.js';
import { backoffMs } from '../timing/backoff.js';
import { type ChainedEvent, chainEvents } from './chain-events.js';
import { CLOCK_DIFFERENCE_MAX_MS, ClockWrongError, createCheckedClock } from './clock-check.js';
import type { EnvelopeContext } from './envelope.js';
import {
  AppendOutcomeUnknownError,
  type EventLog,
  LogUnavailableError,
  type RawEvent,
  type ReadOptions,
  RevisionConflictError,
} from './event-log.js';
import type { EventDraft, EventRegistry, RecordedEvent } from './event-registry.js';
import { headAfter, type StreamHead } from './stream-head.js';

export interface Appended {
  readonly head: StreamHead;
  /** Commit position of the last event. */
  readonly position: number;
  /** The appended events as they will be read. Each has the `position` of the last one. */
  readonly events: readonly RecordedEvent[];
}

export interface AppendOptions {
  /** How long to keep trying while answers are lost or the log is away; after that the error is thrown. */
  readonly settleWithinMs?: number;
  /**
   * Throws LogUnavailableError at once when the log can't be reached, unless an earlier try may have written the
   * events.
   */
  readonly failsWhenAway?: boolean;
  /** Ids of the events, when a repetition must use the same ones; otherwise new ids are made. */
  readonly ids?: readonly string[];
  /** Stops the wait for an answer: AppendOutcomeUnknownError. */
  readonly signal?: AbortSignal;
}

/** Reading from a ledger. */
export interface LedgerReader {
  /** Reads a stream, checked and upcast. Errors: LogUnavailableError, UnknownEventError, DamagedEventError. */
  read(stream: string, options?: ReadOptions): AsyncIterable<RecordedEvent>;
  /** The last event of a stream, or undefined. */
  last(stream: string): Promise<RecordedEvent | undefined>;
}

export interface Ledger extends LedgerReader {
  readonly log: EventLog;
  /** Every event type that may be appended and can be read. */
  readonly events: EventRegistry;
  /** Whether this process can write: the log answers, and this process's clock is near the event store's. */
  canWrite(): Promise<boolean>;
  /**
   * Appends drafts after `head` and links them to the stream's hash chain. An append whose answer is lost is
   * repeated with the same events and the same expectation until its outcome is known. Errors:
   * RevisionConflictError; AppendOutcomeUnknownError; LogUnavailableError (nothing was written); its subclass
   * ClockWrongError while this process's clock is far from the event store's; z.ZodError and UnstorableValueError
   * for drafts that can't be stored.
   */
  append(
    stream: string,
    head: StreamHead,
    drafts: readonly EventDraft[],
    context: EnvelopeContext,
    options?: AppendOptions,
  ): Promise<Appended>;
}

const SETTLE_WITHIN_MS = 60_000;
const RETRY = { firstMs: 50, longestMs: 2_000 };

/** An object that can only read from the ledger, also at run time. */
export const readerOf = ({ read, last }: LedgerReader): LedgerReader => Object.freeze({ read, last });

/**
 * Makes the ledger: typed, hash-chained events on an event log.
 *
 * - Appends expect a revision, so the caller reads the stream first. `appendDecided` does both and repeats them when
 *   another writer comes between.
 * - An append whose answer is lost is repeated with the same events until its outcome is known or its time is over.
 * - Reading checks an event's schema and upcasts old versions. It doesn't check the hashes; `verifyHistory` does.
 *
 *     const head = headAfter(await ledger.last(stream));
 *     const { position } = await ledger.append(stream, head, [{ type, data }], { tenantId, actor, ...ids });
 */
export function createLedger(deps: {
  readonly log: EventLog;
  readonly events: EventRegistry;
  readonly clock: Clock;
  readonly chance: Chance;
}): Ledger {
  const { log, clock, chance, events: registry } = deps;
  const checkedClock = createCheckedClock(log, clock);

  async function append(
    stream: string,
    head: StreamHead,
    drafts: readonly EventDraft[],
    context: EnvelopeContext,
    options: AppendOptions = {},
  ): Promise<Appended> {
    if (drafts.length === 0) throw new TypeError('an append needs at least one event');
    const giveUpAt = clock.monotonicMs() + (options.settleWithinMs ?? SETTLE_WITHIN_MS);
    const now = await checkedTime(giveUpAt, options);
    const ids = options.ids?.values();
    const newId = () => ids?.next().value ?? chance.uuid();
    const chained = chainEvents(registry, drafts, { stream, head, context, ...timesAfter(head, now), newId });
    const { position } = await settle(stream, chained, head.revision, giveUpAt, options);
    const events = chained.map((event, index) =>
      recorded(stream, head.revision + 1 + index, position, event),
    );
    return { head: headAfter(events.at(-1)), position, events };
  }

  /** The time for the events. While the log is away, it is requested again, as appends are repeated. */
  async function checkedTime(giveUpAt: number, options: AppendOptions): Promise<number> {
    for (let tries = 0; ; tries++) {
      try {
        return await checkedClock.now();
      } catch (error) {
        if (!(error instanceof LogUnavailableError) || error instanceof ClockWrongError) throw error;
        if (options.failsWhenAway || isOver(giveUpAt, options)) throw error;
        await waitAfter(tries, options);
      }
    }
  }

  const isOver = (giveUpAt: number, { signal }: AppendOptions): boolean =>
    clock.monotonicMs() >= giveUpAt || signal?.aborted === true;

  function waitAfter(tries: number, { signal }: AppendOptions): Promise<void> {
    return clock.sleep(backoffMs(RETRY, tries, chance), signal);
  }

  async function settle(
    stream: string,
    events: readonly ChainedEvent[],
    expected: number,
    giveUpAt: number,
    options: AppendOptions,
  ): Promise<{ position: number }> {
    /** The first error after which the events may be in the log. */
    let unknown: AppendOutcomeUnknownError | undefined;
    for (let tries = 0; ; tries++) {
      const timeoutMs = Math.max(1, giveUpAt - clock.monotonicMs());
      try {
        return await appendOnce(stream, events, expected, {
          afterLostAnswer: tries > 0,
          timeoutMs,
          ...options,
        });
      } catch (error) {
        if (error instanceof AppendOutcomeUnknownError) unknown ??= error;
        else if (!(error instanceof LogUnavailableError)) throw error;
        else if (options.failsWhenAway && !unknown) throw error;
        if (isOver(giveUpAt, options)) throw unknown ?? error;
        await waitAfter(tries, options);
      }
    }
  }

  async function appendOnce(
    stream: string,
    events: readonly ChainedEvent[],
    expected: number,
    {
      afterLostAnswer,
      timeoutMs,
      signal,
    }: { afterLostAnswer: boolean; timeoutMs: number; signal?: AbortSignal },
  ): Promise<{ position: number }> {
    try {
      return await answeredBefore(signal, stream, log.append(stream, events, expected, { timeoutMs }));
    } catch (error) {
      if (!(error instanceof RevisionConflictError) || !afterLostAnswer) throw error;
      const position = await positionOfOurs(stream, events, expected).catch((reading: unknown) => {
        // The stream can't be read, so the conflict may come from our own events: the outcome stays unknown.
        if (reading instanceof LogUnavailableError) throw new AppendOutcomeUnknownError(stream, reading);
        throw reading;
      });
      if (position === undefined) throw error;
      return { position };
    }
  }

  /** After a lost answer, our own events may cause the conflict; compares their ids with the stream's. */
  async function positionOfOurs(stream: string, events: readonly ChainedEvent[], expected: number) {
    let index = 0;
    let position: number | undefined;
    for await (const event of log.read(stream, { fromRevision: expected + 1, maxCount: events.length })) {
      if (event.id !== events[index]?.id) return undefined;
      position = event.position;
      index += 1;
    }
    return index === events.length ? position : undefined;
  }

  async function canWrite(): Promise<boolean> {
    try {
      await log.head();
      await checkedClock.now();
      return true;
    } catch {
      return false;
    }
  }

  async function* read(stream: string, options?: ReadOptions): AsyncGenerator<RecordedEvent> {
    for await (const event of log.read(stream, options)) yield registry.decode(event);
  }

  async function last(stream: string): Promise<RecordedEvent | undefined> {
    for await (const event of read(stream, { direction: 'backwards', maxCount: 1 })) return event;
    return undefined;
  }

  return { log, events: registry, canWrite, append, read, last };
}

/**
 * The time of events after a stream's head, and the clock's own time when the head's time is later. When the head is
 * so much later that even two allowed clocks can't explain it, a wrong clock wrote it and its time is ignored.
 */
function timesAfter(head: StreamHead, now: number): { readonly at: number; readonly clockAt?: number } {
  if (now >= head.at || head.at - now > 2 * CLOCK_DIFFERENCE_MAX_MS) return { at: now };
  return { at: head.at, clockAt: now };
}

/** Waits for an answer until the signal aborts; after that the append's outcome is unknown. */
async function answeredBefore<T>(
  signal: AbortSignal | undefined,
  stream: string,
  answer: Promise<T>,
): Promise<T> {
  if (!signal) return answer;
  answer.catch(() => undefined);
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(new AppendOutcomeUnknownError(stream, signal.reason));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** An appended event in the form in which it will be read. */
function recorded(stream: string, revision: number, position: number, event: ChainedEvent): RecordedEvent {
  const { id, type, data, metadata, envelope } = event;
  const raw: RawEvent = { stream, revision, position, id, type, data, metadata };
  return { type, data, stream, revision, position, id, envelope, raw };
}
