import t from 'tap';
import { addressTime, endOf, fieldTime, parseTime, timeInWords } from '../../../src/web/hub/filter-times.js';

const HOUR_MS = 3_600_000;
const NEPAL = 'Asia/Kathmandu';

t.test('times without an offset are in the reader’s zone', async (t) => {
  t.equal(parseTime('2026-11-21T10:00', NEPAL), Date.UTC(2026, 10, 21, 4, 15));
  t.equal(parseTime('2026-11-21 10:00', NEPAL), Date.UTC(2026, 10, 21, 4, 15), 'with a blank as with a T');
  t.equal(parseTime('2026-11-21', NEPAL), Date.UTC(2026, 10, 20, 18, 15));
  t.equal(parseTime('2026-11-21T10:00+01:00', NEPAL), Date.UTC(2026, 10, 21, 9));
  t.equal(parseTime('2026-11-21T10:00Z', NEPAL), Date.UTC(2026, 10, 21, 10));
});

t.test('a range includes its whole last day, also when the clocks change', async (t) => {
  const length = (day: string, zone: string) => endOf(day, zone) - parseTime(day, zone);
  t.equal(length('2026-11-21', NEPAL), 24 * HOUR_MS);
  t.equal(length('2026-10-25', 'Europe/Berlin'), 25 * HOUR_MS);
  t.equal(length('2026-03-29', 'Europe/Berlin'), 23 * HOUR_MS);
  t.equal(endOf('2026-11-21T10:00', 'utc'), Date.UTC(2026, 10, 21, 10), 'a time ends where it says');
});

t.test('invalid times are ignored', async (t) => {
  for (const text of [
    '5',
    '2026',
    '21.11.2026',
    '2026-02-30',
    '2026-11-21T25:00',
    '2026-11-21T10:00 01:00',
    '',
  ])
    t.ok(Number.isNaN(parseTime(text, 'utc')), text);
});

t.test('a moment is written for addresses, fields and people', async (t) => {
  const at = Date.UTC(2026, 10, 21, 4, 15);
  t.equal(addressTime(at, NEPAL), '2026-11-21T10:00+05:45');
  t.equal(parseTime(addressTime(at, NEPAL), 'America/Lima'), at, 'the same for whoever opens the address');
  t.equal(fieldTime(at, NEPAL), '2026-11-21T10:00:00');
  t.equal(parseTime(fieldTime(at, NEPAL), NEPAL), at);
  t.equal(timeInWords(at, NEPAL), '21 Nov 2026 10:00');
  t.equal(timeInWords(at + 5_000, NEPAL), '21 Nov 2026 10:00:05');
});
