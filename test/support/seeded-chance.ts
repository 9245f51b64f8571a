import type { Chance } from '../../src/clock.js';

/** Chance that can be repeated: the same seed gives the same numbers and ids (mulberry32). */
export interface SeededChance extends Chance {
  /** A whole number from 0 up to `end`, without `end`. */
  below(end: number): number;
  pick<Value>(values: readonly Value[]): Value;
  /** A text of `count` lower-case hex digits. */
  hex(count: number): string;
}

export function createSeededChance(seed: number): SeededChance {
  let state = seed >>> 0;
  function fraction(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const below = (end: number) => Math.floor(fraction() * end);
  const hex = (count: number) => Array.from({ length: count }, () => below(16).toString(16)).join('');
  return {
    fraction,
    below,
    hex,
    pick<Value>(values: readonly Value[]): Value {
      const value = values[below(values.length)];
      if (value === undefined) throw new RangeError('nothing to pick from');
      return value;
    },
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
  };
}
