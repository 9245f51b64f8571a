import type { Clock } from '../../src/clock.js';

/** A clock that lets something periodic make as many passes as asked for, and moves by each of its waits. */
export interface CountedPasses {
  readonly clock: Clock;
  /** Resolves after the last of them. */
  readonly done: Promise<void>;
  /** Time that goes by within a pass. */
  move(ms: number): void;
}

export function countedPasses(passes: number): CountedPasses {
  let nowMs = 0;
  let left = passes;
  let over: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    over = resolve;
  });
  const clock: Clock = {
    now: () => 0,
    monotonicMs: () => nowMs,
    async sleep(ms, signal) {
      nowMs += ms;
      left -= 1;
      if (left > 0) return;
      over();
      await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
    },
  };
  return {
    clock,
    done,
    move(ms) {
      nowMs += ms;
    },
  };
}
