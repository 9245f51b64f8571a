import t from 'tap';
import { type ClockOffset, systemClock } from '../../src/clock.js';
import { clockInWords, createClockDifferences } from '../../src/program/clock-differences.js';
import { silent, testDatabase } from '../support/database.js';

const offset = (offsetMs: number, uncertaintyMs = 10): ClockOffset => ({ offsetMs, uncertaintyMs });

t.test(
  'a difference is reported with its direction and what to do, less the uncertainty of the measurement',
  async (t) => {
    t.same(clockInWords('PostgreSQL', offset(900)), { state: 'ok', words: 'agrees with PostgreSQL’s' });
    t.equal(clockInWords('PostgreSQL', offset(4_000, 3_500)).state, 'ok');
    t.equal(clockInWords('PostgreSQL', offset(-2_000)).state, 'noticed');
    t.same(clockInWords('PostgreSQL', offset(-86_400_000)), {
      state: 'wrong',
      words: 'is 86400.0 s ahead of PostgreSQL’s: both must be set by NTP (chrony, systemd-timesyncd)',
    });
    t.match(clockInWords('the event store', offset(20_000, 1_000)), {
      state: 'wrong',
      words: /^is 20\.0 s behind the event store’s: both must be set by NTP/,
    });
    t.match(clockInWords('the event store', offset(62_000, 1_000)), {
      state: 'wrong',
      words: /^is 62\.0 s behind the event store’s: nothing is recorded from here until both are set by NTP/,
    });
  },
);

t.test('the clocks of both servers are measured, and the worst difference is reported', async (t) => {
  const { db } = await testDatabase(t);
  let store: ClockOffset | undefined;
  const clock = systemClock;
  const clocks = createClockDifferences({ db, log: { clockOffset: () => store }, clock, logger: silent });
  t.equal(clocks.words(), undefined, 'nothing is known yet');
  clocks.measuring.start();
  t.teardown(() => clocks.measuring.stop());
  while (!clocks.known().has('PostgreSQL')) await clock.sleep(10);
  t.match(clocks.words(), { state: 'ok' });
  store = offset(-7_000);
  t.match(clocks.words(), { state: 'wrong', words: /ahead of the event store’s/ });
  t.same([...clocks.known().keys()], ['the event store', 'PostgreSQL']);
});
