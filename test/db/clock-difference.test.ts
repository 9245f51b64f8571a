import t from 'tap';
import { type Clock, systemClock } from '../../src/clock.js';
import { measureClock } from '../../src/db/clock-difference.js';
import { testDatabase } from '../support/database.js';

const shifted = (ms: number): Clock => ({ ...systemClock, now: () => systemClock.now() + ms });

t.test('the difference to PostgreSQL’s clock is measured', async (t) => {
  const { db } = await testDatabase(t);
  for (const shiftMs of [0, -60_000, 86_400_000]) {
    const { offsetMs, uncertaintyMs } = await measureClock(db, shifted(shiftMs));
    t.ok(Math.abs(offsetMs + shiftMs) <= uncertaintyMs + 1_000, `${offsetMs} ms`);
  }
});
