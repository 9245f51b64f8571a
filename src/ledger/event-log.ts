import type { ClockOffset } from '../clock.js';

/**
 * The port that everything above stands on: streams of events with expected revisions. One adapter speaks to
 * EventStoreDB's client (`event-store-log.ts`), one keeps everything in memory for simulations and unit tests.
 *
 * Revisions and positions are plain numbers: the adapters refuse what lies beyond 2^53.
 */

/** An event ready to be stored: `data` and `metadata` are final, hashes included. */
export interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: Readonly<Record<string, string>>;
}

/** An event as it came back. `data` and `metadata` are what the store holds, before upcasting or checking. */
export interface RawEvent {
  readonly stream: string;
  readonly revision: number;
  /** Commit position in the whole log. */
  readonly position: number;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
  /** When the store recorded it by its own clock, milliseconds since 1970; undefined where that isn't known. */
  readonly recordedAt?: number | undefined;
  /** Size of data and metadata as they came, where the log knows it. */
  readonly bytes?: number;
}

/** Revision of the last event that must be in the stream; -1 for none. */
export type ExpectedRevision = number;
export const NO_EVENTS: ExpectedRevision = -1;

/** The stream stood elsewhere than expected. `actual` is -1 for a stream without events. */
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
 * No answer that says whether the events are in the log. Append the same events again with the same
 * expectation; never decide anew before an answer is known.
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
    /** What the store said is wrong with it (`the disk is full`); undefined when it said nothing. */
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
    /** EventStoreDB's name for why, such as `access-denied`. */
    readonly type: string,
    reason: string,
  ) {
    super(`the append to ${stream} was refused: ${reason}`);
  }
}

/**
 * The log no longer holds what it held before: an older copy was put back, or another log in its place. Whatever is
 * built on it must stop, because run ids and positions may come again with another content.
 */
export class HistoryChangedError extends Error {
  override readonly name = 'HistoryChangedError';
  constructor(found: string) {
    super(
      `The event store no longer holds the history that this process has seen: ${found}. ` +
        'Stop every process of this ledger, put the newest copy of the log back or restore the database to the same time, and start again.',
    );
  }
}

/** Whether an error says that the log is away or gives no answer, which time may mend. */
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
  /** Longest wait for the answer, milliseconds, where that is less than the log's own limit. */
  readonly timeoutMs?: number;
}

export interface SubscribeOptions {
  /** Position of the last event already handled; undefined for the start of the log. */
  readonly after: number | undefined;
  /** Only streams whose name begins with one of these. */
  readonly streamPrefixes: readonly string[];
  readonly signal: AbortSignal;
}

/** What a subscription yields. `position` of a checkpoint: nothing that matches stands before it unseen. */
export type Subscribed =
  | { readonly kind: 'event'; readonly event: RawEvent }
  | { readonly kind: 'checkpoint'; readonly position: number }
  | { readonly kind: 'caught-up' };

export interface Truncation {
  /** First revision that stays readable. */
  readonly before: number;
  /** The truncation is refused when `before` lies beyond this revision. */
  readonly notPast: number;
}

export interface EventLog {
  /**
   * Appends all events or none, after `expected`. Resolves with the revision and position of the last one.
   * Errors: RevisionConflictError, AppendOutcomeUnknownError, LogUnavailableError (nothing was written),
   * AppendRefusedError, HistoryChangedError. Repeating the same event ids with the same expectation answers the first
   * result.
   */
  append(
    stream: string,
    events: readonly StoredEvent[],
    expected: ExpectedRevision,
    options?: AppendAttempt,
  ): Promise<{ revision: number; position: number }>;
  /**
   * Reads a stream; yields nothing when it doesn't exist. Errors: LogUnavailableError, also when the reading ended
   * before its end; HistoryChangedError.
   */
  read(stream: string, options?: ReadOptions): AsyncIterable<RawEvent>;
  /**
   * Everything after a position, then live, until the signal aborts (it then ends without an error). One
   * connection's worth: it throws LogUnavailableError when the connection ends; callers resume from their
   * own position (see `follow.ts`).
   */
  subscribe(options: SubscribeOptions): AsyncIterable<Subscribed>;
  /**
   * Position of the last event in the log; -1 for an empty one. Errors: LogUnavailableError, after a few seconds
   * without an answer; HistoryChangedError.
   */
  head(): Promise<number>;
  /**
   * Hides the events of a stream before a revision for good; the store removes them from its disk later. A truncation
   * that is there already stays when it reaches further. Errors: RangeError when it would go too far, and those of
   * `append`.
   */
  truncate(stream: string, truncation: Truncation): Promise<void>;
  /** How far the store's clock is ahead of this process's, as its answers show; undefined before the first. */
  clockOffset(): ClockOffset | undefined;
  /** What the store last said of why it takes no events; undefined when it took the last that it was given. */
  refusal(): string | undefined;
  close(): Promise<void>;
}
