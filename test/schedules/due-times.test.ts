import fc from 'fast-check';
import { DateTime, IANAZone } from 'luxon';
import t from 'tap';
import { type Cron, parseCron } from '../../src/schedules/cron.js';
import { dueTimesAfter, lastDueTime } from '../../src/schedules/due-times.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

function cronOf(text: string): Cron {
  const parsed = parseCron(text);
  if ('problem' in parsed) throw new TypeError(parsed.problem);
  return parsed.cron;
}

/** The due times of an expression between two times, as a person in the zone reads them on the clock. */
function read(text: string, zone: string, from: string, to: string): readonly string[] {
  const found: string[] = [];
  for (const { at, afterSkip } of dueTimesAfter({ cron: cronOf(text), zone }, Date.parse(from))) {
    if (at > Date.parse(to)) break;
    const shown = DateTime.fromMillis(at, { zone }).setLocale('en').toFormat('MM-dd HH:mm ZZ');
    found.push(afterSkip ? `${shown} after the skip` : shown);
  }
  return found;
}

const BERLIN = 'Europe/Berlin';

t.test('a time that does not exist comes right after the clocks were put forward', async (t) => {
  t.strictSame(read('30 2 * * *', BERLIN, '2026-03-28T00:00Z', '2026-03-30T12:00Z'), [
    '03-28 02:30 +01:00',
    '03-29 03:00 +02:00 after the skip',
    '03-30 02:30 +02:00',
  ]);
  t.strictSame(
    read('*/20 2,3 * * *', BERLIN, '2026-03-29T00:00Z', '2026-03-29T12:00Z'),
    ['03-29 03:00 +02:00', '03-29 03:20 +02:00', '03-29 03:40 +02:00'],
    'skipped times make one due time, also beside one that exists',
  );
});

t.test('a time that occurs twice is due once; every quarter of an hour is due in both hours', async (t) => {
  t.strictSame(read('30 2 * * *', BERLIN, '2026-10-24T12:00Z', '2026-10-26T12:00Z'), [
    '10-25 02:30 +02:00',
    '10-26 02:30 +01:00',
  ]);
  t.strictSame(read('*/30 * * * *', BERLIN, '2026-10-24T23:59Z', '2026-10-25T02:00Z'), [
    '10-25 02:00 +02:00',
    '10-25 02:30 +02:00',
    '10-25 02:00 +01:00',
    '10-25 02:30 +01:00',
    '10-25 03:00 +01:00',
  ]);
});

t.test('zones that change by half an hour, at midnight or by a whole day lose no day', async (t) => {
  t.strictSame(read('15 2 * * *', 'Australia/Lord_Howe', '2026-10-02T20:00Z', '2026-10-04T20:00Z'), [
    '10-04 02:30 +11:00 after the skip',
    '10-05 02:15 +11:00',
  ]);
  t.strictSame(read('0 0 * * *', 'America/Havana', '2026-03-07T12:00Z', '2026-03-09T12:00Z'), [
    '03-08 01:00 -04:00 after the skip',
    '03-09 00:00 -04:00',
  ]);
  t.strictSame(read('30 23 * * *', 'America/Nuuk', '2026-03-28T12:00Z', '2026-03-30T12:00Z'), [
    '03-29 00:00 -01:00 after the skip',
    '03-29 23:30 -01:00',
  ]);
  t.strictSame(read('0 12 * * *', 'Pacific/Apia', '2011-12-29T00:00Z', '2011-12-31T12:00Z'), [
    '12-29 12:00 -10:00',
    '12-31 00:00 +14:00 after the skip',
    '12-31 12:00 +14:00',
  ]);
});

t.test('days: the last of a month, a leap day, and either of two day fields', async (t) => {
  t.strictSame(read('0 1 L * *', 'UTC', '2026-01-15T00:00Z', '2026-04-01T00:00Z'), [
    '01-31 01:00 +00:00',
    '02-28 01:00 +00:00',
    '03-31 01:00 +00:00',
  ]);
  t.equal(read('0 1 29 2 *', 'UTC', '2096-03-01T00:00Z', '2104-03-01T00:00Z').length, 1);
  t.strictSame(
    read('0 1 1 * MON', 'UTC', '2026-05-30T00:00Z', '2026-06-08T12:00Z'),
    ['06-01 01:00 +00:00', '06-08 01:00 +00:00'],
    'a Monday that is the first comes once',
  );
});

/** Zones whose clocks are changed by an hour, half an hour, at midnight, in either hemisphere, or never. */
const ZONES = [
  BERLIN,
  'America/New_York',
  'America/Havana',
  'America/Nuuk',
  'America/Santiago',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Africa/Casablanca',
  'Africa/Cairo',
  'UTC',
];
const field = (values: readonly string[]) => fc.constantFrom(...values);
const expressions = fc
  .tuple(
    field(['0', '15', '30', '0,45', '*/20', '7-9']),
    field(['*', '0', '1', '2', '3', '23', '1-4', '*/2', '0,2,23', '*/1']),
    field(['*', '*', '1', '29', 'L', '28-31']),
    field(['*', '*', '3,4', '9-11']),
    field(['*', '*', '0', 'SAT,SUN', '1-5']),
  )
  .map((fields) => fields.join(' '));

/** Walks through every minute and looks at the clock, as a person beside it would. */
function byTheClock(cron: Cron, zone: string, from: number, to: number): readonly number[] {
  const times: number[] = [];
  const seen = new Set<number>();
  const zoneClock = IANAZone.create(zone);
  const clockAt = (at: number) => at + zoneClock.offset(at) * MINUTE_MS;
  const minutes = new Set(cron.minutesOfDay);
  const isDue = (local: number) => {
    const clock = new Date(local);
    const minute = clock.getUTCHours() * 60 + clock.getUTCMinutes();
    return (
      minutes.has(minute) && cron.isDay(clock.getUTCFullYear(), clock.getUTCMonth() + 1, clock.getUTCDate())
    );
  };
  // Begins before the window, because a time in it may be the second pass of a repeated hour.
  let before = clockAt(from - 4 * HOUR_MS - MINUTE_MS);
  for (let at = from - 4 * HOUR_MS; at <= to; at += MINUTE_MS) {
    const local = clockAt(at);
    let due = isDue(local) && (cron.everyHour || !seen.has(local));
    seen.add(local);
    for (let skipped = before + MINUTE_MS; skipped < local; skipped += MINUTE_MS)
      due ||= !cron.everyHour && isDue(skipped);
    before = local;
    if (due && at > from) times.push(at);
  }
  return times;
}

/** In each zone a day without a clock change, and every day of 2026 with one. */
const DAYS = ZONES.flatMap((zone) => {
  const start = Date.parse('2026-01-01T00:00Z');
  const days = Array.from({ length: 365 }, (_, day) => start + day * DAY_MS);
  const offset = (at: number) => IANAZone.create(zone).offset(at);
  return [start, ...days.filter((at) => offset(at) !== offset(at + DAY_MS))].map((at) => ({ zone, at }));
});

t.test('around every clock change, due times are those that a look at the clock gives', async (t) => {
  t.ok(DAYS.length > 25, 'most of these zones change their clocks twice a year');
  const check = (text: string, { zone, at }: { zone: string; at: number }, minutes: number) => {
    const cron = cronOf(text);
    const from = at + minutes * MINUTE_MS;
    const to = from + DAY_MS;
    const expected = byTheClock(cron, zone, from, to);
    const found: number[] = [];
    for (const due of dueTimesAfter({ cron, zone }, from)) {
      if (due.at > to) break;
      found.push(due.at);
    }
    const last = lastDueTime({ cron, zone }, from, to)?.at;
    return JSON.stringify([found, last]) === JSON.stringify([expected, expected.at(-1)]);
  };
  fc.assert(fc.property(expressions, fc.constantFrom(...DAYS), fc.integer({ min: -720, max: 1440 }), check), {
    numRuns: 300,
  });
});
