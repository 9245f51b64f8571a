import type { Clock } from '../src/clock.js';

/** Time that passes only while everything waits, so that a busy machine lengthens no measured wait. */
export interface VirtualTime {
  /** For whoever sends requests. */
  readonly clock: Clock;
  /** For whoever answers them: while it sleeps, a request is not worked on. */
  readonly serverClock: Clock;
  /** Fetches with real sockets; time stands still until the answer is there, but for the server's own sleep. */
  readonly fetch: typeof fetch;
}

interface Timer {
  readonly atMs: number;
  readonly wake: () => void;
}

export function createVirtualTime(): VirtualTime {
  const timers = new Set<Timer>();
  let nowMs = 0;
  let workedOn = 0;

  const pass = (): void => {
    if (workedOn > 0 || timers.size === 0) return;
    nowMs = Math.min(...[...timers].map(({ atMs }) => atMs));
    for (const timer of [...timers]) if (timer.atMs <= nowMs) timer.wake();
    // What was woken goes on first.
    setImmediate(pass);
  };
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = () => {
        timers.delete(timer);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer: Timer = { atMs: nowMs + ms, wake };
      timers.add(timer);
      signal?.addEventListener('abort', wake, { once: true });
      setImmediate(pass);
    });
  const clock: Clock = { now: () => nowMs, monotonicMs: () => nowMs, sleep };
  const restAfter = (): void => {
    workedOn -= 1;
    setImmediate(pass);
  };
  return {
    clock,
    serverClock: {
      ...clock,
      async sleep(ms, signal) {
        restAfter();
        await sleep(ms, signal);
        workedOn += 1;
      },
    },
    async fetch(input, init) {
      workedOn += 1;
      try {
        const response = await fetch(input, init);
        return new Response(await response.arrayBuffer(), response);
      } finally {
        restAfter();
      }
    },
  };
}
