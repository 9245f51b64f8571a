import t from 'tap';
import {
  ago,
  count,
  duration,
  fullTime,
  number,
  position,
  shortTime,
  timeOfDay,
} from '../../../src/web/view/format.js';

const frame = { now: Date.UTC(2026, 10, 21, 13, 0), zone: 'Europe/Berlin' };

t.test('numbers and counts', async (t) => {
  t.equal(number(1204), '1,204');
  t.equal(position(10482), '#10,482');
  t.equal(count(1, 'item'), '1 item');
  t.equal(count(2, 'policy', 'policies'), '2 policies');
});

t.test('durations have two units at most and are never negative', async (t) => {
  for (const [ms, words] of [
    [-5, '0 s'],
    [0, '0 s'],
    [0.2, '1 ms'],
    [40, '40 ms'],
    [940, '0.9 s'],
    [9_960, '10 s'],
    [38_200, '38 s'],
    [60_000, '1 min'],
    [132_000, '2 min 12 s'],
    [3_600_000, '1 h'],
    [3_661_000, '1 h 1 min'],
    [90_061_000, '1 d 1 h'],
  ] as const) {
    t.equal(duration(ms), words, `${ms} ms`);
  }
});

t.test('times are shown in the zone and name it', async (t) => {
  t.equal(shortTime(Date.UTC(2026, 10, 21, 0, 2), frame), '01:02', 'today in Berlin, yesterday in UTC');
  t.equal(shortTime(Date.UTC(2026, 10, 20, 13, 2), frame), 'yesterday 14:02');
  t.equal(shortTime(Date.UTC(2026, 4, 12, 12, 0), frame), '12 May 14:00', 'summer time');
  t.equal(shortTime(Date.UTC(2025, 4, 12, 12, 0), frame), '12 May 2025');
  t.equal(
    fullTime(Date.UTC(2026, 10, 21, 13, 0, 2, 18), frame),
    '21 November 2026 at 14:00:02 Europe/Berlin (2026-11-21 13:00:02.018 UTC)',
  );
  t.equal(ago(frame.now - 2_000, frame), '2 s ago');
  t.equal(ago(frame.now - 7_200_000, frame), '2 h ago');
});

t.test('a time of another day is shown with its date', async (t) => {
  const at = Date.UTC(2026, 10, 21, 22, 59, 58);
  t.equal(timeOfDay(at, frame, frame.now), '23:59:58');
  t.equal(timeOfDay(at, frame, at + 2000), '21 Nov 23:59:58', 'the day ends where the reader is');
});
