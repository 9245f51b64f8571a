import type { Clock } from '../../clock.js';
import { LIMITS } from '../limits.js';

export interface SharedAsk {
  readonly key: string;
  readonly version: number;
  /** How long it is good for, milliseconds; `renderSharedMs` unless it says otherwise. */
  readonly sharedMs?: number;
}

/** Makes what many live pages show once for all of them. */
export interface SharedRenders {
  /**
   * What `make` answered for the key and version, by this call or by one of another page a moment ago. A version is
   * what the rows are known by, so that nothing is shared across a change of them. Errors: those of `make`, which
   * whoever waits for it gets as well; the next call makes it anew.
   */
  once<Result>(asked: SharedAsk, make: () => Promise<Result>): Promise<Result>;
}

interface Shared {
  readonly version: number;
  readonly untilMs: number;
  readonly result: Promise<unknown>;
}

/**
 * At most `rendersAtOnce` are made at the same time, the others wait for their turn, so that a change which concerns
 * every page takes no more memory and connections than one which concerns a few.
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
      // Whatever has this key was made by a call with it, and so has its type.
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

/** Lets so many works go on at once, in the order in which they came. */
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
