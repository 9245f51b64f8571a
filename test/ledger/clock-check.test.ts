import t from 'tap';
import type { Clock } from '../../src/clock.js';
import { ClockWrongError, createCheckedClock } from '../../src/ledger/clock-check.js';
import { LogUnavailableError } from '../../src/ledger/event-log.js';

/** A clock that the test sets, and a log whose server has the right time and is asked for it by reading the head. */
function bed() {
  const time = { rightMs: 1_000_000, aheadMs: 0, asked: 0, isAway: false };
  let offsetMs: number | undefined;
  const clock: Clock = {
    now: () => time.rightMs + time.aheadMs,
    monotonicMs: () => time.rightMs,
    sleep: async () => undefined,
  };
  const log = {
    async head() {
      time.asked += 1;
      if (time.isAway) throw new LogUnavailableError('reading its head', undefined);
      offsetMs = -time.aheadMs;
      return 7;
    },
    clockOffset: () => (offsetMs === undefined ? undefined : { offsetMs, uncertaintyMs: 500 }),
  };
  return { time, checked: createCheckedClock(log, clock) };
}

t.test(
  'the difference is measured before the first time is written, and then only when the clock is set',
  async (t) => {
    const { time, checked } = bed();
    t.equal(await checked.now(), 1_000_000);
    time.rightMs += 3_600_000;
    t.equal(await checked.now(), 4_600_000);
    t.equal(time.asked, 1, 'an hour that passes is no clock that was set');
    time.aheadMs = 30_000;
    t.equal(await checked.now(), 4_630_000, 'a small difference is written');
    t.equal(time.asked, 2);
  },
);

t.test(
  'a time far from the event store’s is refused until the clock is right, with what to do',
  async (t) => {
    const { time, checked } = bed();
    await checked.now();
    for (const [aheadMs, side] of [
      [86_400_000, '86400 s ahead of'],
      [-61_000, '61 s behind'],
    ] as const) {
      time.aheadMs = aheadMs;
      const refused = await checked.now().then(
        () => undefined,
        (error: unknown) => error,
      );
      t.ok(refused instanceof ClockWrongError);
      t.match(refused, {
        message: new RegExp(`clock is ${side} the event store’s.*Nothing was recorded.*NTP`),
      });
      await t.rejects(checked.now(), ClockWrongError, 'still');
      time.aheadMs = 0;
      t.equal(await checked.now(), time.rightMs, 'right again');
    }
  },
);

t.test('a store that can’t be asked is trouble of the log', async (t) => {
  const { time, checked } = bed();
  time.isAway = true;
  await t.rejects(checked.now(), LogUnavailableError);
  time.isAway = false;
  t.equal(await checked.now(), 1_000_000);
});
