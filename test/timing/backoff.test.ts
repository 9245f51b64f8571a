import t from 'tap';
import type { Chance } from '../../src/clock.js';
import { backoffMs } from '../../src/timing/backoff.js';

const drawing = (fraction: number): Pick<Chance, 'fraction'> => ({ fraction: () => fraction });

t.test('waits double up to the longest, each between half and all of it', async (t) => {
  const waits = { firstMs: 100, longestMs: 1_000 };
  const all = (fraction: number) =>
    [0, 1, 3, 4, 5_000].map((failures) => backoffMs(waits, failures, drawing(fraction)));
  t.strictSame(all(0), [50, 100, 400, 500, 500]);
  t.strictSame(all(1), [100, 200, 800, 1_000, 1_000]);
});
