import type { Clock } from '../../clock.js';

/** Permission to send requests now. The caller calls exactly one of the two functions, once. */
export interface Admission {
  /** The requests were answered with any status; they stop counting one window later. */
  answered(): void;
  /** The requests were not sent and don't count. */
  unsent(): void;
}

export interface AdmissionWait {
  readonly signal?: AbortSignal | undefined;
  /**
   * Called at most once, if the requests must wait, with the approximate end of the wait (monotonic milliseconds).
   */
  readonly onWaiting?: ((untilMs: number) => void) | undefined;
}

/**
 * A limit on the number of requests in any window of a fixed length; requests are admitted in the order of their
 * arrival.
 */
export interface RequestBudget {
  /** Resolves when this number of requests may be sent together. Errors: the signal's reason. */
  admit(count: number, wait?: AdmissionWait): Promise<Admission>;
}

/**
 * Keeps within a limit that the service counts by its own clock. A request counts from its sending until one window
 * after its answer, because the service counted it at some time between the two. Both functions may change at any
 * time.
 */
export function createRequestBudget({
  clock,
  windowMs,
  requestsMax,
}: {
  readonly clock: Clock;
  readonly windowMs: () => number;
  readonly requestsMax: () => number;
}): RequestBudget {
  /** Answered requests by the time at which they leave the window, earliest first. */
  let leaving: { readonly atMs: number; readonly count: number }[] = [];
  let underWay = 0;
  let queued = 0;
  let lastTurn: Promise<void> = Promise.resolve();
  let onChange: () => void = () => {};

  const counted = (nowMs: number): number => {
    if (leaving[0] && leaving[0].atMs <= nowMs) leaving = leaving.filter(({ atMs }) => atMs > nowMs);
    return leaving.reduce((sum, { count }) => sum + count, underWay);
  };
  // A group larger than the whole budget is admitted when nothing else counts.
  const isRoomFor = (count: number, nowMs: number): boolean => {
    const now = counted(nowMs);
    return now === 0 || now + count <= requestsMax();
  };
  /** The expected time at which the budget has room for this many requests; those that wait leave window by window. */
  const roomAtMs = (count: number, nowMs: number): number => {
    const max = requestsMax();
    let excess = counted(nowMs) + count - max;
    for (const { atMs, count: left } of leaving) {
      excess -= left;
      if (excess <= 0) return atMs;
    }
    return (leaving.at(-1)?.atMs ?? nowMs) + windowMs() * Math.ceil(excess / max);
  };

  async function untilRoom(count: number, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const nowMs = clock.monotonicMs();
      if (isRoomFor(count, nowMs)) return;
      const changed = new AbortController();
      onChange = () => changed.abort();
      const signals = signal ? [signal, changed.signal] : [changed.signal];
      // The budget may have changed after a window.
      const waitMs = Math.min(windowMs(), Math.ceil(roomAtMs(count, nowMs) - nowMs));
      await clock.sleep(waitMs, AbortSignal.any(signals));
      signal?.throwIfAborted();
    }
  }

  return {
    async admit(count, { signal, onWaiting } = {}) {
      const before = lastTurn;
      let endTurn = () => {};
      lastTurn = new Promise((resolve) => {
        endTurn = resolve;
      });
      const nowMs = clock.monotonicMs();
      if (queued > 0 || !isRoomFor(count, nowMs)) onWaiting?.(roomAtMs(queued + count, nowMs));
      queued += count;
      try {
        await orAborted(before, signal);
        await untilRoom(count, signal);
      } finally {
        queued -= count;
        // When a caller gives up, the next one must still wait for those before it.
        void before.then(() => endTurn());
      }
      underWay += count;
      const leave = (end: () => void) => () => {
        underWay -= count;
        end();
        onChange();
      };
      return {
        answered: leave(() => leaving.push({ atMs: clock.monotonicMs() + windowMs(), count })),
        unsent: leave(() => {}),
      };
    },
  };
}

/** Resolves with the promise, or rejects with the signal's reason. */
function orAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void promise.then(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
  });
}
