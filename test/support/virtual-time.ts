import type { Clock } from '../../src/clock.js';

/** A time that moves only while everything waits, so that a busy machine doesn't lengthen measured waits. */
export interface VirtualTime {
  /** The clock of the client, which sends requests. */
  readonly clock: Clock;
  /** The clock of the server. While it sleeps, virtual time may move although a request is open. */
  readonly serverClock: Clock;
  /**
   * Sends requests over real sockets. The time stands still until the answer has arrived, except while the server
   * sleeps.
   */
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
    // Work that was woken goes on before the time moves again.
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
