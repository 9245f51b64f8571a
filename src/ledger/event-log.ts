import type { ClockOffset } from '../clock.js';

/**
 * The port to the event store: streams of events, appended at an expected revision. One adapter uses EventStoreDB's
 * client (`event-store-log.ts`); another keeps everything in memory for simulations and unit tests.
 *
 * Revisions and positions are plain numbers; the adapters refuse values beyond 2^53.
 */

/** An event ready to be stored: `data` and `metadata` are final, hashes included. */
export interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: Readonly<Record<string, string>>;
}

/** An event as it was read. `data` and `metadata` are what the store holds, before upcasting and checking. */
export interface RawEvent {
  readonly stream: string;
  readonly revision: number;
  /** Commit position in the whole log. */
  readonly position: number;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
  /** When the store recorded the event by its own clock, in milliseconds since 1970; undefined if that isn't known. */
  readonly recordedAt?: number | undefined;
  /** Size of data and metadata as they were received; undefined if the log doesn't know it. */
  readonly bytes?: number;
}

/** The revision of the last event that the stream must have; -1 when it must have none. */
export type ExpectedRevision = number;
export const EMPTY_STREAM: ExpectedRevision = -1;

/** The stream's last revision is not the expected one. `actual` is -1 for a stream without events. */
export class RevisionConflictError extends Error {
  override readonly name = 'RevisionConflictError';
  constructor(
    readonly stream: string,
    readonly expected: ExpectedRevision,
    readonly actual: number,
  ) {
    super(`${stream} is at revision ${actual}, not ${expected}`);
  }
}

/**
 * No answer tells whether the events are in the log. Append the same events again with the same expectation; never
 * make a new decision before the outcome is known.
 */
export class AppendOutcomeUnknownError extends Error {
  override readonly name = 'AppendOutcomeUnknownError';
  constructor(stream: string, cause: unknown) {
    super(`no answer whether the append to ${stream} was taken`, { cause });
  }
}

/** The log can't be reached or refuses to answer right now. Trying again later may work. */
export class LogUnavailableError extends Error {
  override readonly name: string = 'LogUnavailableError';
  constructor(
    what: string,
    cause: unknown,
    /** The store's own explanation (`the disk is full`); undefined when it gave none. */
    readonly reason?: string,
  ) {
    super(
      reason
        ? `the event store can't do it (${what}): ${reason}`
        : `the event store doesn't answer (${what})`,
      {
        cause,
      },
    );
  }
}

/** The log refuses these events and will refuse them again; nothing was written. */
export class AppendRefusedError extends Error {
  override readonly name = 'AppendRefusedError';
  constructor(
    stream: string,
    /** EventStoreDB's name for the reason, such as `access-denied`. */
    readonly type: string,
    reason: string,
  ) {
    super(`the append to ${stream} was refused: ${reason}`);
  }
}

/**
 * The log no longer holds the events that it held before: somebody restored an older copy or put another log in its
 * place. Everything that is built on the log must stop, because run ids and positions may be used again for other
 * events.
 */
export class HistoryChangedError extends Error {
  override readonly name = 'HistoryChangedError';
  constructor(
    /** How the log differs from what was seen of it. */
    readonly found: string,
  ) {
    super(
      `The event store no longer holds the history of this ledger: ${found}. ` +
        'Stop every process of this ledger, put the newest copy of the log back or restore the database to the same time, and start again. ' +
        'To go on with the log as it is: opsledger history accept.',
    );
  }
}

/** Whether the log can't be reached or gives no answer, so that trying again later may work. */
export function isLogTrouble(error: unknown): error is LogUnavailableError | AppendOutcomeUnknownError {
  return error instanceof LogUnavailableError || error instanceof AppendOutcomeUnknownError;
}

export interface ReadOptions {
  readonly direction?: 'forwards' | 'backwards';
  /** First revision to read (inclusive). Default: the start forwards, the end backwards. */
  readonly fromRevision?: number;
  readonly maxCount?: number;
}

export interface AppendAttempt {
  /** Longest wait for the answer in milliseconds, when that is less than the log's own limit. */
  readonly timeoutMs?: number;
}

export interface SubscribeOptions {
  /** Position of the last event already handled; undefined for the start of the log. */
  readonly after: number | undefined;
  /** Only streams whose name begins with one of these. */
  readonly streamPrefixes: readonly string[];
  readonly signal: AbortSignal;
}

/** What a subscription yields. A checkpoint's `position` means that every matching event before it was delivered. */
export type Subscribed =
  | { readonly kind: 'event'; readonly event: RawEvent }
  | { readonly kind: 'checkpoint'; readonly position: number }
  | { readonly kind: 'caught-up' };

export interface Truncation {
  /** First revision that stays readable. */
  readonly before: number;
  /** The truncation is refused when `before` is beyond this revision. */
  readonly notPast: number;
}

export interface EventLog {
  /**
   * Appends all events or none, after `expected`. Resolves with the revision and position of the last event.
   * Repeating an append with the same event ids and the same expectation returns the first result. Errors:
   * RevisionConflictError, AppendOutcomeUnknownError, LogUnavailableError (nothing was written), AppendRefusedError,
   * HistoryChangedError.
   */
  append(
    stream: string,
    events: readonly StoredEvent[],
    expected: ExpectedRevision,
    options?: AppendAttempt,
  ): Promise<{ revision: number; position: number }>;
  /**
   * Reads a stream; yields nothing when it doesn't exist. Errors: LogUnavailableError, also when the connection ends
   * before the stream was read completely; HistoryChangedError.
   */
  read(stream: string, options?: ReadOptions): AsyncIterable<RawEvent>;
  /**
   * Yields every event after a position and then new ones, until the signal aborts; then it ends without an error.
   * It lasts for one connection and throws LogUnavailableError when that ends; callers resume from their own
   * position (see `follow.ts`).
   */
  subscribe(options: SubscribeOptions): AsyncIterable<Subscribed>;
  /**
   * Position of the last event in the log; -1 for an empty one. Errors: LogUnavailableError, after a few seconds
   * without an answer; HistoryChangedError.
   */
  head(): Promise<number>;
  /**
   * Hides a stream's events before a revision for good; the store deletes them from its disk later. An earlier
   * truncation stays when it hides more. Errors: RangeError when `before` is beyond `notPast`, and those of
   * `append`.
   */
  truncate(stream: string, truncation: Truncation): Promise<void>;
  /** How far the store's clock is ahead of this process's, measured from its answers; undefined before the first. */
  clockOffset(): ClockOffset | undefined;
  /** The store's last explanation why it accepts no events; undefined when it accepted the last append. */
  refusal(): string | undefined;
  close(): Promise<void>;
}
