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
  override readonly name = 'LogUnavailableError';
  constructor(what: string, cause: unknown) {
    super(`the event store doesn't answer (${what})`, { cause });
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

export interface EventLog {
  /**
   * Appends all events or none, after `expected`. Resolves with the revision and position of the last one.
   * Errors: RevisionConflictError, AppendOutcomeUnknownError, LogUnavailableError (nothing was sent). Repeating the
   * same event ids with the same expectation answers the first result.
   */
  append(
    stream: string,
    events: readonly StoredEvent[],
    expected: ExpectedRevision,
    options?: AppendAttempt,
  ): Promise<{ revision: number; position: number }>;
  /** Reads a stream; yields nothing when it doesn't exist. Errors: LogUnavailableError. */
  read(stream: string, options?: ReadOptions): AsyncIterable<RawEvent>;
  /**
   * Everything after a position, then live, until the signal aborts (it then ends without an error). One
   * connection's worth: it throws LogUnavailableError when the connection ends; callers resume from their
   * own position (see `follow.ts`).
   */
  subscribe(options: SubscribeOptions): AsyncIterable<Subscribed>;
  /** Position of the last event in the log; -1 for an empty one. */
  head(): Promise<number>;
  close(): Promise<void>;
}
