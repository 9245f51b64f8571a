import type { Clock } from '../../clock.js';
import { LIMITS } from '../limits.js';

export interface SharedAsk {
  readonly key: string;
  readonly version: number;
  /** How long the result may be reused, milliseconds; by default `renderSharedMs`. */
  readonly sharedMs?: number;
}

/** Renders content that many live pages show only once for all of them. */
export interface SharedRenders {
  /**
   * Returns what `make` returned for this key and version, in this call or in a recent call for another page. The
   * version changes with the rows, so no result outlives a change of them. Errors: those of `make`, in every call that
   * waits for this result; the next call tries again.
   */
  once<Result>(asked: SharedAsk, make: () => Promise<Result>): Promise<Result>;
}

interface CachedRender {
  readonly version: number;
  readonly untilMs: number;
  readonly result: Promise<unknown>;
}

/**
 * Renders at most `rendersAtOnce` results at the same time; others wait. A change that concerns every page therefore
 * takes no more memory and connections than one that concerns a few.
 */
export function createSharedRenders(clock: Pick<Clock, 'monotonicMs'>): SharedRenders {
  const known = new Map<string, CachedRender>();
  const concurrency = createConcurrencyLimit(LIMITS.rendersAtOnce);

  function removeExpired(nowMs: number): void {
    for (const [key, { untilMs }] of known)
      if (untilMs < nowMs || known.size >= LIMITS.rendersKept) known.delete(key);
  }

  return {
    once<Result>(
      { key, version, sharedMs = LIMITS.renderSharedMs }: SharedAsk,
      make: () => Promise<Result>,
    ): Promise<Result> {
      const nowMs = clock.monotonicMs();
      removeExpired(nowMs);
      const cached = known.get(key);
      // A result with this key was made by a call with the same key, so it has the same type.
      if (cached?.version === version) return cached.result as Promise<Result>;
      const result = concurrency.run(make);
      known.delete(key);
      known.set(key, { version, untilMs: nowMs + sharedMs, result });
      result.catch(() => {
        if (known.get(key)?.result === result) known.delete(key);
      });
      return result;
    },
  };
}

/** Runs at most `atOnce` tasks at the same time, in the order of their calls. */
function createConcurrencyLimit(atOnce: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    async run<Result>(task: () => Promise<Result>): Promise<Result> {
      if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
      else running++;
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else running--;
      }
    },
  };
}
