import type { RecordedEvent } from '../../src/ledger/event-registry.js';

export interface BatchLimits {
  readonly batchEventsMax: number;
  readonly batchBytesMax: number;
}

export const BATCH_LIMITS: BatchLimits = { batchEventsMax: 500, batchBytesMax: 8 * 1024 * 1024 };

/** Batches that may wait while one is written; two keep both reader and writer busy. */
const WAITING_BATCHES_MAX = 2;

export interface TakenBatch {
  readonly events: readonly RecordedEvent[];
  /** The log position up to which everything was taken; undefined when the log has reported none. */
  readonly reached: number | undefined;
  readonly caughtUp: boolean;
  /** When the first event of the batch entered the log, on the monotonic clock; undefined without events. */
  readonly oldestSinceMs: number | undefined;
}

/**
 * The queue between the reader of the log and the writer of rows. It is bounded, so that the reader waits for a slow
 * database instead of filling memory.
 */
export interface Intake {
  /** Resolves when there is room. The caller waits for it before each `add`. */
  room(): Promise<void>;
  /** `sinceMs`: when the event entered the log, on the monotonic clock. */
  add(event: RecordedEvent, bytes: number, sinceMs: number): void;
  /** Reports that all of the log's events up to `position` were added. */
  reached(position: number): void;
  caughtUp(): void;
  /** Ends the queue: once everything before was taken, `take` throws `error`. */
  fail(error: unknown): void;
  /** Resolves when `take` has something new. */
  ready(): Promise<void>;
  /** Resolves when a whole batch waits, when the log is read to its end, or when the queue has ended. */
  filled(): Promise<void>;
  /** The next batch, possibly empty. Throws the error that `fail` was given. */
  take(): TakenBatch;
  /** When the oldest waiting event entered the log, on the monotonic clock; undefined when none waits. */
  oldestSinceMs(): number | undefined;
  /** Ends the queue and resolves every wait. */
  close(): void;
}

/** An empty intake; a batch is full when one of the limits is reached. */
export function createIntake(limits: BatchLimits): Intake {
  let waiting: { event: RecordedEvent; bytes: number; sinceMs: number }[] = [];
  let bytesWaiting = 0;
  let reached: number | undefined;
  // True from the end of the log's history until the batch that empties the queue has reported it.
  let caughtUp = false;
  let failure: { error: unknown } | undefined;
  let closed = false;
  const readers = createGate();
  const writers = createGate();
  const fillers = createGate();

  const isFull = () =>
    waiting.length >= limits.batchEventsMax * WAITING_BATCHES_MAX ||
    bytesWaiting >= limits.batchBytesMax * WAITING_BATCHES_MAX;
  const hasEnded = () => failure !== undefined || closed;
  const hasBatch = () =>
    waiting.length >= limits.batchEventsMax || bytesWaiting >= limits.batchBytesMax || hasEnded();
  const hasAnything = () => waiting.length > 0 || reached !== undefined || caughtUp || hasEnded();

  function batchLength(): number {
    let bytes = 0;
    let length = 0;
    for (const { bytes: size } of waiting) {
      if (length === limits.batchEventsMax || (length > 0 && bytes + size > limits.batchBytesMax)) break;
      bytes += size;
      length += 1;
    }
    bytesWaiting -= bytes;
    return length;
  }

  function take(): TakenBatch {
    const length = batchLength();
    const oldestSinceMs = waiting[0]?.sinceMs;
    const events = waiting.slice(0, length).map(({ event }) => event);
    waiting = waiting.slice(length);
    readers.open();
    if (waiting.length > 0) return { events, reached: undefined, caughtUp: false, oldestSinceMs };
    if (events.length === 0 && failure) throw failure.error;
    const taken = { events, reached, caughtUp, oldestSinceMs };
    reached = undefined;
    caughtUp = false;
    return taken;
  }

  return {
    room: () => (isFull() && !closed ? readers.wait() : Promise.resolve()),
    add(event, bytes, sinceMs) {
      waiting.push({ event, bytes, sinceMs });
      bytesWaiting += bytes;
      writers.open();
      if (hasBatch()) fillers.open();
    },
    reached(position) {
      reached = Math.max(reached ?? -1, position);
      writers.open();
    },
    caughtUp() {
      caughtUp = true;
      writers.open();
      fillers.open();
    },
    fail(error) {
      failure ??= { error };
      writers.open();
      fillers.open();
    },
    ready: () => (hasAnything() ? Promise.resolve() : writers.wait()),
    filled: () => (hasBatch() || caughtUp ? Promise.resolve() : fillers.wait()),
    take,
    oldestSinceMs: () => waiting[0]?.sinceMs,
    close() {
      closed = true;
      readers.open();
      writers.open();
      fillers.open();
    },
  };
}

/** A promise that all waiters share. `open` resolves it, and the next wait begins a new one. */
function createGate(): { wait(): Promise<void>; open(): void } {
  let resolve: (() => void) | undefined;
  let promise: Promise<void> | undefined;
  return {
    wait() {
      promise ??= new Promise<void>((settle) => {
        resolve = settle;
      });
      return promise;
    },
    open() {
      resolve?.();
      resolve = undefined;
      promise = undefined;
    },
  };
}
