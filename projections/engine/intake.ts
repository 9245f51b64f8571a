import type { RecordedEvent } from '../../src/ledger/event-registry.js';

export interface BatchLimits {
  readonly batchEventsMax: number;
  readonly batchBytesMax: number;
}

export const BATCH_LIMITS: BatchLimits = { batchEventsMax: 500, batchBytesMax: 8 * 1024 * 1024 };

/** How many batches may wait while one is written: enough to keep both sides busy. */
const WAITING_BATCHES_MAX = 2;

export interface Taken {
  readonly events: readonly RecordedEvent[];
  /** Everything up to here has been taken; undefined when the log said nothing newer. */
  readonly reached: number | undefined;
  readonly caughtUp: boolean;
  /** Since when its first event has waited, on the monotonic clock; undefined without events. */
  readonly oldestSinceMs: number | undefined;
}

/**
 * Where the reader of the log leaves events for the writer of rows: bounded, so that a slow database holds the
 * reader back instead of filling memory.
 */
export interface Intake {
  /** Resolves when there is room; wait for it before each `add`. */
  room(): Promise<void>;
  /** `sinceMs`: when the event came into the log, on the monotonic clock. */
  add(event: RecordedEvent, bytes: number, sinceMs: number): void;
  /** The log holds nothing unseen up to `position`. */
  reached(position: number): void;
  caughtUp(): void;
  /** No more comes; `take` throws this once what came before was taken. */
  fail(error: unknown): void;
  /** Resolves when `take` has something to say. */
  ready(): Promise<void>;
  /** Resolves when a whole batch waits, when the log is read to its end, or when nothing more comes. */
  filled(): Promise<void>;
  /** The next batch, possibly empty. Throws what `fail` was given. */
  take(): Taken;
  /** Since when the oldest waiting event has been in the log, on the monotonic clock, or undefined. */
  oldestSinceMs(): number | undefined;
  /** Lets go of everybody who waits. */
  close(): void;
}

export function createIntake(limits: BatchLimits): Intake {
  let waiting: { event: RecordedEvent; bytes: number; sinceMs: number }[] = [];
  let bytesWaiting = 0;
  let reached: number | undefined;
  // Said once by the log, and told with the batch that leaves nothing waiting: later events are live ones.
  let caughtUp = false;
  let failure: { error: unknown } | undefined;
  let closed = false;
  const readers = createGate();
  const writers = createGate();
  const fillers = createGate();

  const isFull = () =>
    waiting.length >= limits.batchEventsMax * WAITING_BATCHES_MAX ||
    bytesWaiting >= limits.batchBytesMax * WAITING_BATCHES_MAX;
  const over = () => failure !== undefined || closed;
  const hasBatch = () =>
    waiting.length >= limits.batchEventsMax || bytesWaiting >= limits.batchBytesMax || over();
  const hasNews = () => waiting.length > 0 || reached !== undefined || caughtUp || over();

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

  function take(): Taken {
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
    ready: () => (hasNews() ? Promise.resolve() : writers.wait()),
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

/** One promise for whoever waits, renewed each time it was opened. */
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
