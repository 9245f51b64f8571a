/** Time, chance and ids come in as parameters, so that a simulation can own them. */
export interface Clock {
  /** Wall clock, milliseconds since 1970 (UTC). May jump; used only for what people read. */
  now(): number;
  /** Milliseconds that never run backwards; used for durations, budgets and claims. */
  monotonicMs(): number;
  /** Resolves after `ms`, or at once when the signal aborts (it does not reject). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls `act` after `ms`, unless the returned function is called before. It costs less than a sleep with a signal,
   * which matters because most of these waits are cancelled. `later` uses `sleep` where a clock lacks it.
   */
  after?(ms: number, act: () => void): () => void;
}

/** How far another clock is ahead of this process's, negative when it is behind. */
export interface ClockOffset {
  readonly offsetMs: number;
  /** The true offset lies within this of `offsetMs`. */
  readonly uncertaintyMs: number;
}

export interface Chance {
  /** A fresh random UUID. */
  uuid(): string;
  /** A number in [0, 1), for jitter. */
  fraction(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
  sleep(ms, signal) {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    });
  },
};

export const systemChance: Chance = {
  uuid: () => crypto.randomUUID(),
  fraction: () => Math.random(),
};
