import {
  type AllStreamResolvedEvent,
  BACKWARDS,
  END,
  EventStoreDBClient,
  FORWARDS,
  jsonEvent,
  NO_STREAM,
  type ResolvedEvent,
  START,
  StreamDeletedError,
  type StreamingRead,
  StreamNotFoundError,
  streamNameFilter,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import {
  type AppendAttempt,
  AppendOutcomeUnknownError,
  type EventLog,
  LogUnavailableError,
  NO_EVENTS,
  type RawEvent,
  type ReadOptions,
  RevisionConflictError,
  type StoredEvent,
  type Subscribed,
  type SubscribeOptions,
} from './event-log.js';

export interface EventStoreLogOptions {
  /** `esdb://host:port?...` */
  readonly url: string;
  /** How long one append may wait for its answer before its outcome counts as unknown. */
  readonly appendTimeoutMs?: number;
  /** How long a read may go without the next event. */
  readonly readTimeoutMs?: number;
}

const APPEND_TIMEOUT_MS = 10_000;
const READ_TIMEOUT_MS = 15_000;
/** Consecutive answers that the client has no name for, after which its channel is thrown away (INTERNAL never reconnects). */
const UNNAMED_ERRORS_MAX = 3;
/** A filtered subscription reports its position after this many windows of `SEARCH_WINDOW` events. */
const CHECKPOINT_INTERVAL = 4;
const SEARCH_WINDOW = 64;

/**
 * The event log over EventStoreDB's own client. Create one per process: the client keeps the pending appends of
 * all its instances in one map, and an error of one connection rejects those of every other.
 */
export function createEventStoreLog(options: EventStoreLogOptions): EventLog {
  const appendTimeoutMs = options.appendTimeoutMs ?? APPEND_TIMEOUT_MS;
  const readTimeoutMs = options.readTimeoutMs ?? READ_TIMEOUT_MS;
  let client = EventStoreDBClient.connectionString(options.url);
  let unnamedErrors = 0;

  /** The client replaces its channel only for errors that it knows; after several others we do. */
  function noteFailure(error: unknown): void {
    const type = errorType(error);
    if (type !== undefined && type !== 'unknown') return;
    unnamedErrors += 1;
    if (unnamedErrors < UNNAMED_ERRORS_MAX) return;
    unnamedErrors = 0;
    const broken = client;
    client = EventStoreDBClient.connectionString(options.url);
    broken.dispose().catch(() => undefined);
  }

  async function append(
    stream: string,
    events: readonly StoredEvent[],
    expected: number,
    { timeoutMs = appendTimeoutMs }: AppendAttempt = {},
  ) {
    const proposed = events.map(({ id, type, data, metadata }) =>
      jsonEvent({ id, type, data: data as Record<string, unknown>, metadata: encoded(metadata) }),
    );
    const expectedRevision = expected === NO_EVENTS ? NO_STREAM : BigInt(expected);
    const asked = client;
    try {
      const answer = await withTimeout(
        asked.appendToStream(stream, proposed, { expectedRevision }),
        Math.min(timeoutMs, appendTimeoutMs),
      );
      unnamedErrors = 0;
      return {
        revision: safeNumber(answer.nextExpectedRevision),
        position: safeNumber(answer.position?.commit ?? -1n),
      };
    } catch (error) {
      if (error instanceof WrongExpectedVersionError) {
        const { actualVersion } = error;
        const actual = typeof actualVersion === 'bigint' ? safeNumber(actualVersion) : NO_EVENTS;
        throw new RevisionConflictError(stream, expected, actual);
      }
      if (isRefusal(error)) throw error;
      // A client's error rejects the appends of all clients: only its own says that nothing was sent.
      const neverSent = asked === client && foundNobody(error);
      noteFailure(error);
      throw neverSent
        ? new LogUnavailableError(`appending to ${stream}`, error)
        : new AppendOutcomeUnknownError(stream, error);
    }
  }

  async function* read(stream: string, readOptions: ReadOptions = {}): AsyncGenerator<RawEvent> {
    const backwards = readOptions.direction === 'backwards';
    if (readOptions.maxCount === 0) return;
    const reading = client.readStream(stream, {
      direction: backwards ? BACKWARDS : FORWARDS,
      fromRevision:
        readOptions.fromRevision === undefined ? (backwards ? END : START) : BigInt(readOptions.fromRevision),
      ...(readOptions.maxCount === undefined ? {} : { maxCount: readOptions.maxCount }),
    });
    // Only the store's silence counts, not the time that the reader takes between two events.
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
      unnamedErrors = 0;
    } catch (error) {
      if (error instanceof StreamNotFoundError || error instanceof StreamDeletedError) return;
      noteFailure(error);
      throw new LogUnavailableError(`reading ${stream}`, error);
    } finally {
      clearTimeout(stalled);
      await letGo(reading, received >= (readOptions.maxCount ?? Number.POSITIVE_INFINITY));
    }
  }

  async function* subscribe(wanted: SubscribeOptions): AsyncGenerator<Subscribed> {
    let wake: () => void = () => undefined;
    let failure: unknown;
    let ended = false;
    let checkpoint = -1;
    let caughtUp = false;
    const subscription = client.subscribeToAll({
      fromPosition:
        wanted.after === undefined ? START : { commit: BigInt(wanted.after), prepare: BigInt(wanted.after) },
      filter: streamNameFilter({
        prefixes: [...wanted.streamPrefixes],
        checkpointInterval: CHECKPOINT_INTERVAL,
        maxSearchWindow: SEARCH_WINDOW,
        // Only notes a number: a callback that throws would stall the subscription for ever.
        checkpointReached: (_subscription, position) => {
          checkpoint = Math.max(checkpoint, Number(position.commit));
          wake();
        },
      }),
    });
    subscription.on('error', (error: unknown) => {
      failure ??= error;
      wake();
    });
    subscription.on('end', () => {
      ended = true;
      wake();
    });
    subscription.on('close', () => {
      ended = true;
      wake();
    });
    subscription.on('readable', () => wake());
    subscription.on('caughtUp', () => {
      caughtUp = true;
      wake();
    });
    const aborted = () => wake();
    wanted.signal.addEventListener('abort', aborted);
    try {
      while (!wanted.signal.aborted) {
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        for (;;) {
          const next: AllStreamResolvedEvent | null = subscription.read();
          if (!next || wanted.signal.aborted) break;
          if (next.event) yield { kind: 'event', event: toRaw(next.event) };
        }
        if (wanted.signal.aborted) return;
        // Everything that stood before the checkpoint has been handed out, because the buffer is empty.
        if (subscription.readableLength === 0 && checkpoint >= 0) {
          const position = checkpoint;
          checkpoint = -1;
          yield { kind: 'checkpoint', position };
        }
        if (subscription.readableLength === 0 && caughtUp) {
          caughtUp = false;
          yield { kind: 'caught-up' };
        }
        if (failure !== undefined || ended) {
          noteFailure(failure);
          throw new LogUnavailableError('a subscription ended', failure);
        }
        await woken;
      }
    } finally {
      wanted.signal.removeEventListener('abort', aborted);
      await subscription.unsubscribe().catch(() => undefined);
    }
  }

  async function head(): Promise<number> {
    const reading = client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 });
    const stalled = setTimeout(
      () => reading.destroy(new Error(`no answer within ${readTimeoutMs} ms`)),
      readTimeoutMs,
    );
    try {
      let position = -1;
      for await (const { event } of reading) if (event) position = toRaw(event).position;
      return position;
    } catch (error) {
      noteFailure(error);
      throw new LogUnavailableError('reading its head', error);
    } finally {
      clearTimeout(stalled);
    }
  }

  /** Cancels at once; what `dispose` answers never settles while the stream of batched appends is open. */
  async function close(): Promise<void> {
    client.dispose().catch(() => undefined);
  }

  return { append, read, subscribe, head, close };
}

/**
 * Ends a read that nobody wants any more. One that has said all it was asked for ends by itself: to cancel it all
 * the same would reset its stream, and HTTP/2 servers close the connections of clients that reset very many.
 */
async function letGo(reading: StreamingRead<ResolvedEvent>, saidAll: boolean): Promise<void> {
  if (reading.readableEnded || reading.destroyed) return;
  reading.on('error', () => undefined);
  if (saidAll) reading.resume();
  else await reading.cancel().catch(() => undefined);
}

const utf8 = new TextEncoder();

/** The bytes that the client makes of an object too, though by way of base64 and twice for each event. */
const encoded = (metadata: StoredEvent['metadata']): Uint8Array => utf8.encode(JSON.stringify(metadata));

/** Answers that say for certain that nothing was written. */
function isRefusal(error: unknown): boolean {
  const type = errorType(error);
  return (
    type === 'maximum-append-size-exceeded' ||
    type === 'stream-deleted' ||
    type === 'access-denied' ||
    type === 'invalid-argument'
  );
}

/** How grpc-js says that no connection could be made, so that no call was sent (`UNAVAILABLE`, in its own words). */
function foundNobody(error: unknown): boolean {
  return error instanceof Error && error.message.includes('No connection established');
}

function errorType(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('type' in error)) return undefined;
  return typeof error.type === 'string' ? error.type : undefined;
}

interface ClientEvent {
  readonly streamId: string;
  readonly revision: bigint;
  readonly position?: { readonly commit: bigint } | undefined;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
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
  };
}

/** Revisions and positions are numbers above this file; 2^53 bytes of log is nine petabytes. */
function safeNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is beyond what a position may be`);
  return number;
}

async function withTimeout<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  // The abandoned answer may still be rejected later.
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}
