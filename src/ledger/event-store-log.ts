import {
  AccessDeniedError,
  BACKWARDS,
  END,
  FORWARDS,
  type ResolvedEvent,
  START,
  StreamDeletedError,
  type StreamingRead,
  StreamNotFoundError,
} from '@eventstore/db-client';
import { type Clock, systemClock } from '../clock.js';
import { endedWithin } from '../timing/ended-within.js';
import { certificateTroubleInWords, certificateTroubleOf } from '../wording/certificate-trouble.js';
import {
  type AppendAttempt,
  AppendOutcomeUnknownError,
  AppendRefusedError,
  type EventLog,
  HistoryChangedError,
  LogUnavailableError,
  type RawEvent,
  type ReadOptions,
  RevisionConflictError,
  type StoredEvent,
  type Subscribed,
  type SubscribeOptions,
  type Truncation,
} from './event-log.js';
import type { AppendAnswer } from './event-store/append-answer.js';
import { NoAnswerError } from './event-store/batch-appender.js';
import { createClockDifference } from './event-store/clock-difference.js';
import { createHistoryWatch } from './event-store/history-watch.js';
import { type EventToRead, type PlacedEvent, type ReadOne, readOne } from './event-store/read-one.js';
import { safeNumber } from './event-store/safe-number.js';
import { createStoreConnections, type StoreConnection } from './event-store/store-connection.js';
import { subscribeToAll } from './event-store/subscribe-to-all.js';
import { truncateStream } from './event-store/truncate-stream.js';

export interface EventStoreLogOptions {
  /** `esdb://host:port?...` */
  readonly url: string;
  /** How long an append waits for its answer; after that its outcome is unknown. */
  readonly appendTimeoutMs?: number;
  /** How long a read waits for the next event. */
  readonly readTimeoutMs?: number;
  /** How long reading the head of the log may take; after that the store counts as away. */
  readonly headTimeoutMs?: number;
  /**
   * Called once when the store's history is another one than before; every later call is refused. When it is given,
   * the log checks this once a second.
   */
  readonly onHistoryChanged?: (error: HistoryChangedError) => void;
  /** What outlives this process, so that the next one can recognize the history; it is renewed once a second. */
  readonly memory?: HistoryMemory;
  readonly clock?: Clock;
}

/** Keeps the newest event that was seen of a log. */
export interface HistoryMemory {
  /** The event that the log must hold; undefined when nothing is known of it yet. */
  readonly remembered: PlacedEvent | undefined;
  /** Stores a newer event. It must not throw. */
  remember(newest: PlacedEvent): Promise<void>;
}

const APPEND_TIMEOUT_MS = 10_000;
const READ_TIMEOUT_MS = 15_000;
const HEAD_TIMEOUT_MS = 5_000;
const CHECK_EVERY_MS = 1_000;
const LAST_CHECK_WITHIN_MS = 1_000;
const CERTIFICATE_SETTINGS = { authority: 'tlsCAFile in EVENTSTORE_URL', address: 'EVENTSTORE_URL' };

/** The event log on EventStoreDB's client. Where the client isn't enough, it uses the client's generated gRPC stubs. */
export function createEventStoreLog(options: EventStoreLogOptions): EventLog {
  const { clock = systemClock, memory, onHistoryChanged } = options;
  const appendTimeoutMs = options.appendTimeoutMs ?? APPEND_TIMEOUT_MS;
  const readTimeoutMs = options.readTimeoutMs ?? READ_TIMEOUT_MS;
  const headTimeoutMs = options.headTimeoutMs ?? HEAD_TIMEOUT_MS;
  // Behind a new connection another log may answer, and an append to it would be lost.
  const connections = createStoreConnections(options.url, async (connection) => {
    await headOver(connection);
  });
  const clockDifference = createClockDifference();
  const closed = new AbortController();
  let changed: HistoryChangedError | undefined;
  let refusal: string | undefined;

  const historyWatch = createHistoryWatch((ms) => clock.sleep(ms, closed.signal), memory?.remembered);
  let stored = memory?.remembered;
  /** Position of the newest event that this process has appended. */
  let appendedTo = -1;

  async function append(
    stream: string,
    events: readonly StoredEvent[],
    expected: number,
    attempt: AppendAttempt = {},
  ) {
    if (changed) throw changed;
    const timeoutMs = Math.min(attempt.timeoutMs ?? appendTimeoutMs, appendTimeoutMs);
    const connection = connections.current();
    let answer: AppendAnswer;
    try {
      answer = await connection.appender.append({ stream, events, expected, timeoutMs });
    } catch (error) {
      if (changed) throw changed;
      if (!(error instanceof NoAnswerError)) throw error;
      if (error.cause instanceof LogUnavailableError) throw error.cause;
      connections.failed(connection, error.cause ?? error);
      // A call that isn't let in carries out nothing.
      throw error.sent && !(error.cause instanceof AccessDeniedError)
        ? new AppendOutcomeUnknownError(stream, error)
        : new LogUnavailableError(
            `appending to ${stream}`,
            error,
            connectionTrouble(error.cause, options.url),
          );
    }
    connections.succeeded();
    refusal = answer.kind === 'not-written' ? answer.reason : undefined;
    switch (answer.kind) {
      case 'appended':
        appendedTo = Math.max(appendedTo, safeNumber(answer.position));
        historyWatch.saw(appendedTo);
        return { revision: safeNumber(answer.revision), position: safeNumber(answer.position) };
      case 'conflict':
        throw new RevisionConflictError(stream, expected, answer.actual);
      case 'refused':
        throw new AppendRefusedError(stream, answer.type, answer.reason);
      case 'not-written':
        throw new LogUnavailableError(`appending to ${stream}`, undefined, answer.reason);
      case 'unknown':
        throw new AppendOutcomeUnknownError(stream, new Error(answer.reason));
    }
  }

  async function* read(stream: string, readOptions: ReadOptions = {}): AsyncGenerator<RawEvent> {
    if (changed) throw changed;
    const backwards = readOptions.direction === 'backwards';
    if (readOptions.maxCount === 0) return;
    const connection = connections.current();
    const reading = connection.client.readStream(stream, {
      direction: backwards ? BACKWARDS : FORWARDS,
      fromRevision:
        readOptions.fromRevision === undefined ? (backwards ? END : START) : BigInt(readOptions.fromRevision),
      ...(readOptions.maxCount === undefined ? {} : { maxCount: readOptions.maxCount }),
    });
    // Measures only how long the store is silent, not how long the reader works between two events.
    const awaitEvent = () =>
      setTimeout(() => reading.destroy(new Error(`no event within ${readTimeoutMs} ms`)), readTimeoutMs);
    let stalled = awaitEvent();
    let received = 0;
    try {
      for await (const { event } of reading.iterator({ destroyOnReturn: false })) {
        clearTimeout(stalled);
        received += 1;
        if (event) yield toRaw(event);
        stalled = awaitEvent();
      }
      if (connection.discarded) throw new Error('the connection was given up before the end');
      connections.succeeded();
    } catch (error) {
      if (error instanceof StreamNotFoundError || error instanceof StreamDeletedError) return;
      if (changed) throw changed;
      connections.failed(connection, error);
      throw new LogUnavailableError(`reading ${stream}`, error, connectionTrouble(error, options.url));
    } finally {
      clearTimeout(stalled);
      await endRead(reading, received >= (readOptions.maxCount ?? Number.POSITIVE_INFINITY));
    }
  }

  async function* subscribe(wanted: SubscribeOptions): AsyncGenerator<Subscribed> {
    if (changed) throw changed;
    const connection = connections.current();
    let failure: unknown;
    try {
      for await (const item of subscribeToAll(connection.client, wanted)) {
        if (item.kind === 'event') historyWatch.saw(item.event.position);
        yield item;
      }
    } catch (error) {
      failure = error;
    }
    if (wanted.signal.aborted) return;
    if (changed) throw changed;
    connections.failed(connection, failure);
    throw new LogUnavailableError('a subscription ended', failure, connectionTrouble(failure, options.url));
  }

  async function headOver(connection: StoreConnection): Promise<number> {
    if (changed) throw changed;
    try {
      const last = await historyWatch.check({
        readLast: async () => (await readFromAll(connection, 'last')).event,
        readAt: (place) => eventAt(connection, place),
      });
      return last ? safeNumber(last.commit) : -1;
    } catch (error) {
      if (error instanceof HistoryChangedError) throw stopAtChange(error);
      throw error;
    }
  }

  /** Reads one event from `$all` and measures the server's clock by the answer. Errors: LogUnavailableError. */
  async function readFromAll(connection: StoreConnection, wanted: EventToRead): Promise<ReadOne> {
    try {
      const askedAt = clock.now();
      const answer = await readOne(connection.client, wanted, headTimeoutMs);
      const { serverTime } = answer;
      if (serverTime !== undefined) clockDifference.add({ askedAt, answeredAt: clock.now(), serverTime });
      connections.succeeded();
      return answer;
    } catch (error) {
      if (changed) throw changed;
      if (isNoPosition(error)) throw error;
      connections.failed(connection, error);
      throw new LogUnavailableError('reading its head', error, connectionTrouble(error, options.url));
    }
  }

  async function eventAt(
    connection: StoreConnection,
    place: PlacedEvent,
  ): Promise<PlacedEvent | undefined | 'no-event-begins-here'> {
    try {
      return (await readFromAll(connection, place)).event;
    } catch (error) {
      if (isNoPosition(error)) return 'no-event-begins-here';
      throw error;
    }
  }

  const head = () => headOver(connections.current());

  function stopAtChange(error: HistoryChangedError): HistoryChangedError {
    if (changed) return changed;
    changed = error;
    connections.close();
    onHistoryChanged?.(error);
    return error;
  }

  async function checkRegularly(): Promise<void> {
    while (!closed.signal.aborted && !changed) {
      // An unreachable store is ignored here, because every other caller notices it.
      await head().catch(() => undefined);
      await remember();
      await clock.sleep(CHECK_EVERY_MS, closed.signal);
    }
  }

  async function remember(): Promise<void> {
    const newest = historyWatch.newest();
    if (!memory || !newest || newest.commit <= (stored?.commit ?? -1)) return;
    stored = newest;
    await memory.remember(newest);
  }

  async function close(): Promise<void> {
    closed.abort();
    // What was appended after the last check would be unknown to the next process.
    if (memory && !changed && appendedTo > (historyWatch.newest()?.commit ?? -1))
      await endedWithin(
        clock,
        head().catch(() => undefined),
        LAST_CHECK_WITHIN_MS,
      );
    connections.close();
    await remember();
  }

  if (onHistoryChanged || memory) void checkRegularly();
  return {
    append,
    read,
    subscribe,
    head,
    truncate: (stream: string, truncation: Truncation) =>
      truncateStream({ append, read }, stream, truncation),
    clockOffset: () => clockDifference.offset(),
    refusal: () => refusal,
    close,
  };
}

/**
 * Ends a read that is no longer needed. A complete read ends by itself. Cancelling it would reset its stream, and
 * HTTP/2 servers close the connections of clients that reset very many streams.
 */
async function endRead(reading: StreamingRead<ResolvedEvent>, complete: boolean): Promise<void> {
  if (reading.readableEnded || reading.destroyed) return;
  reading.on('error', () => undefined);
  if (complete) reading.resume();
  else await reading.cancel().catch(() => undefined);
}

/** Whether the error means that no event begins at a position. */
function isNoPosition(error: unknown): boolean {
  return error instanceof Error && error.message.includes('Unexpected ReadAllResult');
}

interface ClientEvent {
  readonly streamId: string;
  readonly revision: bigint;
  readonly position?: { readonly commit: bigint } | undefined;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
  readonly created: Date;
}

function toRaw(event: ClientEvent): RawEvent {
  return {
    stream: event.streamId,
    revision: safeNumber(event.revision),
    position: safeNumber(event.position?.commit ?? -1n),
    id: event.id,
    type: event.type,
    data: event.data,
    metadata: event.metadata,
    // The client gives 1970 when the store sends no time.
    recordedAt: event.created.getTime() || undefined,
  };
}

/** Why no connection can be made, for people; undefined when the error doesn't say. */
function connectionTrouble(error: unknown, url: string): string | undefined {
  if (error instanceof AccessDeniedError)
    return /[?&]tls=false\b/i.test(url)
      ? 'it asks for a user and a password, which its client sends over TLS alone: give it a certificate, and write tls=true in EVENTSTORE_URL'
      : 'it refuses the user or the password of EVENTSTORE_URL';
  const trouble = certificateTroubleOf(error);
  return trouble && `its certificate ${certificateTroubleInWords(trouble, CERTIFICATE_SETTINGS)}`;
}
