import { createHash } from 'node:crypto';

/** A deterministic source of random choices: the same seed gives the same tenant on every machine. */
export interface DemoRandom {
  /** In [0, 1). */
  fraction(): number;
  /** An integer in [min, max]. */
  integer(min: number, max: number): number;
  pick<T>(list: readonly T[]): T;
}

/** Mulberry32, seeded by a text. Not for secrets. */
export function createDemoRandom(seed: string): DemoRandom {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0);
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (min: number, max: number): number => min + Math.floor(fraction() * (max - min + 1));
  return {
    fraction,
    integer,
    pick(list) {
      const picked = list[integer(0, list.length - 1)];
      if (picked === undefined) throw new RangeError('nothing to pick from');
      return picked;
    },
  };
}
