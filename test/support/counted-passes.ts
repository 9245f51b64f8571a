import type { Clock } from '../../src/clock.js';

/** A clock for periodic work that allows a given number of passes and moves by each wait. */
export interface CountedPasses {
  readonly clock: Clock;
  /** Resolves after the last pass. */
  readonly done: Promise<void>;
  /** Moves the clock during a pass. */
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
