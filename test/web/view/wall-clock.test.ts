import fc from 'fast-check';
import t from 'tap';
import { wallClock } from '../../../src/web/view/wall-clock.js';

/** The wall clock as `Intl` formats it, from year to second. */
function formatted(at: number, zone: string): string {
  const options = { dateStyle: 'short', timeStyle: 'medium', timeZone: zone, hourCycle: 'h23' } as const;
  return new Intl.DateTimeFormat('sv-SE', options).format(at);
}

function shown(at: number, zone: string): string {
  const { year, month, day, hour, minute, second } = wallClock(at, zone);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`;
}

t.test('it is the same time as `Intl` formats, in every zone', async () => {
  const zones = Intl.supportedValuesOf('timeZone');
  const times = fc.integer({ min: Date.UTC(1970, 0), max: Date.UTC(2040, 0) });
  fc.assert(
    fc.property(fc.constantFrom(...zones), times, (zone, at) => shown(at, zone) === formatted(at, zone)),
    { numRuns: 500 },
  );
});

t.test('seconds on both sides of a change of the offset', async (t) => {
  const changes: readonly (readonly [zone: string, at: number])[] = [
    ['Europe/Berlin', Date.UTC(2026, 2, 29, 1)],
    ['Europe/Berlin', Date.UTC(2026, 9, 25, 1)],
    ['Australia/Lord_Howe', Date.UTC(2026, 3, 4, 15)],
    ['Asia/Kathmandu', Date.UTC(1985, 11, 31, 18, 30)],
    ['Africa/Monrovia', Date.UTC(1972, 0, 7, 0, 44, 30)],
  ];
  for (const [zone, at] of changes)
    for (const moment of [at - 1000, at, at + 1000, at - 1])
      t.equal(shown(moment, zone), formatted(moment, zone), `${zone} ${new Date(moment).toISOString()}`);
  t.throws(() => wallClock(0, 'Europe/Nowhere'), RangeError);
  t.throws(() => wallClock(Date.now(), 'Europe/Nowhere'), RangeError);
  t.throws(() => wallClock(Number.NaN, 'UTC'), RangeError);
});
