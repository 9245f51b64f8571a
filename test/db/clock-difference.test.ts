import t from 'tap';
import { type Clock, systemClock } from '../../src/clock.js';
import { clockInWords, measureClock } from '../../src/db/clock-difference.js';
import { testDatabase } from '../support/database.js';

const shifted = (ms: number): Clock => ({ ...systemClock, now: () => systemClock.now() + ms });

t.test('the difference to PostgreSQL’s clock is measured and told with what to do', async (t) => {
  const { db } = await testDatabase(t);
  const cases: readonly (readonly [number, 'ok' | 'noticed' | 'wrong', RegExp])[] = [
    [0, 'ok', /^agrees with/],
    [-60_000, 'wrong', /^is (59|60)\.\d s behind PostgreSQL’s: set both by NTP/],
    [86_400_000, 'wrong', /^is 86(399|400)\.\d s ahead of PostgreSQL’s: set both by NTP/],
  ];
  for (const [shiftMs, state, words] of cases) {
    const measured = await measureClock(db, shifted(shiftMs));
    t.ok(
      Math.abs(measured.differenceMs + shiftMs) <= measured.uncertainMs + 1_000,
      `${measured.differenceMs} ms`,
    );
    t.match(clockInWords(measured), { state, words });
  }
});

t.test('what the measuring may be wrong by never counts as a difference', async (t) => {
  t.equal(clockInWords({ differenceMs: 4_000, uncertainMs: 3_500 }).state, 'ok');
  t.equal(clockInWords({ differenceMs: -2_000, uncertainMs: 10 }).state, 'noticed');
  t.equal(clockInWords({ differenceMs: 5_500, uncertainMs: 1 }).state, 'wrong');
});
