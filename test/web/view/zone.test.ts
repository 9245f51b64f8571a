import { DateTime } from 'luxon';
import t from 'tap';
import { zoneNamed } from '../../../src/web/view/zone.js';

const HOUR_MS = 3_600_000;

t.test(
  'a cached zone has the offsets of luxon’s own zone, also around clock changes and long ago',
  async (t) => {
    for (const name of [
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
      'UTC',
    ]) {
      const times = [Date.UTC(1890, 5), Date.UTC(1969, 11, 31, 23, 59, 59, 999)];
      for (const day of [
        Date.UTC(2026, 2, 29),
        Date.UTC(2026, 9, 25),
        Date.UTC(2026, 3, 5),
        Date.UTC(2026, 10, 1),
      ])
        for (let quarter = -10; quarter < 10; quarter++) times.push(day + (quarter * HOUR_MS) / 4 + 1);
      for (const at of times) {
        const cached = DateTime.fromMillis(at, { zone: zoneNamed(name) });
        const own = DateTime.fromMillis(at, { zone: name });
        if (cached.toISO() !== own.toISO()) t.equal(cached.toISO(), own.toISO(), `${name} at ${at}`);
        if (cached.plus({ days: 1 }).toMillis() !== own.plus({ days: 1 }).toMillis())
          t.equal(
            cached.plus({ days: 1 }).toISO(),
            own.plus({ days: 1 }).toISO(),
            `a day later in ${name} at ${at}`,
          );
      }
      t.pass(`${name}: ${times.length} times`);
    }
  },
);

t.test(
  'a text without an offset is read as in luxon’s own zone, also in skipped and repeated hours',
  async (t) => {
    for (const text of ['2026-03-29T02:30', '2026-10-25T02:30', '2026-07-01'])
      t.equal(
        DateTime.fromISO(text, { zone: zoneNamed('Europe/Berlin') }).toISO(),
        DateTime.fromISO(text, { zone: 'Europe/Berlin' }).toISO(),
      );
  },
);

t.test('an unknown zone is invalid', async (t) => {
  t.notOk(DateTime.fromMillis(0, { zone: zoneNamed('Mars/Olympus') }).isValid);
});
