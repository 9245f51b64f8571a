import fc from 'fast-check';
import t from 'tap';
import { createClockDifference } from '../../../src/ledger/event-store/clock-difference.js';

const START = 1_700_000_000_000;

/** The answer of a server that is `aheadMs` ahead, to a question sent at `at`; each way takes `tripMs`. */
const answer = (aheadMs: number, at: number, tripMs: number) => ({
  askedAt: at,
  answeredAt: at + 2 * tripMs,
  serverTime: Math.floor((at + tripMs + aheadMs) / 1000) * 1000,
});

t.test('the difference lies within its bounds, which become narrower', async (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: -1e8, max: 1e8 }),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 400 })), {
        minLength: 1,
      }),
      (aheadMs, steps) => {
        const difference = createClockDifference();
        let at = START;
        let uncertainty = Number.POSITIVE_INFINITY;
        return steps.slice(0, 20).every(([stepMs, tripMs]) => {
          at += stepMs;
          difference.add(answer(aheadMs, at, tripMs));
          const found = difference.offset();
          if (!found || found.uncertaintyMs > uncertainty) return false;
          uncertainty = found.uncertaintyMs;
          return Math.abs(found.offsetMs - aheadMs) <= found.uncertaintyMs;
        });
      },
    ),
  );
  t.equal(createClockDifference().offset(), undefined);
});

t.test('a clock that is set is noticed with the next answer', async (t) => {
  const difference = createClockDifference();
  for (let i = 0; i < 10; i++) difference.add(answer(0, START + i * 700, 5));
  difference.add(answer(-60_000, START + 7_000, 5));
  const found = difference.offset();
  t.ok(found && Math.abs(found.offsetMs + 60_000) <= found.uncertaintyMs);
});
