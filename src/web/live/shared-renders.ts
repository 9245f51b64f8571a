import type { Clock } from '../../clock.js';
import { LIMITS } from '../limits.js';

export interface SharedAsk {
  readonly key: string;
  readonly version: number;
  /** How long the result may be reused, milliseconds; by default `renderSharedMs`. */
  readonly sharedMs?: number;
}

/** Renders what many live pages show once for all of them. */
export interface SharedRenders {
  /**
   * Returns what `make` returned for this key and version, in this call or in a recent call for another page. The
   * version changes with the rows, so no result outlives a change of them. Errors: those of `make`, for everybody who
   * waits for this result; the next call tries again.
   */
  once<Result>(asked: SharedAsk, make: () => Promise<Result>): Promise<Result>;
}

interface Shared {
  readonly version: number;
  readonly untilMs: number;
  readonly result: Promise<unknown>;
}

/**
 * Renders at most `rendersAtOnce` results at the same time; others wait. A change that concerns every page therefore
 * takes no more memory and connections than one that concerns a few.
 */
export function createSharedRenders(clock: Pick<Clock, 'monotonicMs'>): SharedRenders {
  const known = new Map<string, Shared>();
  const turns = createTurns(LIMITS.rendersAtOnce);

  function forgetOld(nowMs: number): void {
    for (const [key, { untilMs }] of known)
      if (untilMs < nowMs || known.size >= LIMITS.rendersKept) known.delete(key);
  }

  return {
    once<Result>(
      { key, version, sharedMs = LIMITS.renderSharedMs }: SharedAsk,
      make: () => Promise<Result>,
    ): Promise<Result> {
      const nowMs = clock.monotonicMs();
      forgetOld(nowMs);
      const there = known.get(key);
      // A result with this key was made by a call with the same key, so it has the same type.
      if (there?.version === version) return there.result as Promise<Result>;
      const result = turns.take(make);
      known.delete(key);
      known.set(key, { version, untilMs: nowMs + sharedMs, result });
      result.catch(() => {
        if (known.get(key)?.result === result) known.delete(key);
      });
      return result;
    },
  };
}

/** Lets at most `atOnce` works run at the same time, in the order in which they came. */
function createTurns(atOnce: number) {
  const waiting: (() => void)[] = [];
  let working = 0;
  return {
    async take<Result>(work: () => Promise<Result>): Promise<Result> {
      if (working >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
      else working++;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else working--;
      }
    },
  };
}
