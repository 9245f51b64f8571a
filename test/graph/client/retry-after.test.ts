import t from 'tap';
import { parseHttpDate } from '../../../src/graph/client/http-date.js';
import { askedWaitMs } from '../../../src/graph/client/retry-after.js';
import { catalogContent, collected, simulatorAndClient } from '../simulator-and-client.js';
import { catalog } from './catalog-type.js';

const NOW = Date.UTC(2026, 5, 1, 12, 0, 0);

const asked = (headers: Readonly<Record<string, string>>) =>
  askedWaitMs((name) => headers[name] ?? null, NOW);

t.test('seconds are rounded up, dates are read in every form of HTTP', (t) => {
  const cases: readonly (readonly [string, number | null])[] = [
    ['12', 12_000],
    [' 12 ', 12_000],
    ['12.0', 12_000],
    ['17.4', 18_000],
    ['0.249', 1_000],
    ['.5', 1_000],
    ['3.', 3_000],
    ['0', 0],
    ['0.0', 0],
    ['Mon, 01 Jun 2026 12:00:30 GMT', 30_000],
    ['Monday, 01-Jun-26 12:00:30 GMT', 30_000],
    ['Mon Jun  1 12:00:30 2026', 30_000],
    ['Mon Jun 01 12:00:30 2026', 30_000],
    ['Mon, 01 Jun 2026 11:00:00 GMT', 0],
    ['Mon, 31 Feb 2026 12:00:30 GMT', null],
    ['Mon, 01 Jun 2026 25:00:30 GMT', null],
    ['Mon, 01 Jun 2026 12:00:30 +0200', null],
    ['2026-06-01T12:00:30Z', null],
    ['-5', null],
    ['1e3', null],
    ['Infinity', null],
    ['soon', null],
    ['', null],
  ];
  for (const [text, waitMs] of cases) t.equal(asked({ 'retry-after': text }), waitMs, JSON.stringify(text));
  t.equal(asked({}), null);
  t.end();
});

t.test('a year of two digits means the nearest one', (t) => {
  t.equal(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT', NOW), Date.UTC(1994, 10, 6, 8, 49, 37));
  t.equal(parseHttpDate('Friday, 01-Jan-70 00:00:00 GMT', NOW), Date.UTC(2070, 0, 1));
  t.end();
});

t.test('milliseconds count too, and the longer wait wins', (t) => {
  t.equal(asked({ 'x-ms-retry-after-ms': '2500' }), 2500);
  t.equal(asked({ 'x-ms-retry-after-ms': '2500.2' }), 2501);
  t.equal(asked({ 'x-ms-retry-after-ms': '2500', 'retry-after': '2' }), 2500);
  t.equal(asked({ 'x-ms-retry-after-ms': '2500', 'retry-after': '3' }), 3000);
  t.end();
});

t.test('a date is compared with the Date header of the answer', (t) => {
  const headers = { 'retry-after': 'Mon, 01 Jun 2026 12:00:30 GMT', date: 'Mon, 01 Jun 2026 11:59:00 GMT' };
  t.equal(asked(headers), 90_000, 'a clock that is ahead here shortens nothing');
  t.end();
});

t.test('the headers inside a batch are read in the same way', async (t) => {
  for (const { header, waitMs } of [
    { header: { retryAfter: '17.4' }, waitMs: 18_000 },
    { header: { retryAfter: '12.0' }, waitMs: 12_000 },
    { header: { retryAfter: '0.249' }, waitMs: 1_000 },
    { header: { retryAfter: 'Monday, 01-Jun-26 00:00:40 GMT' }, waitMs: 40_000 },
    { header: { headers: { 'x-ms-retry-after-ms': '4200' } }, waitMs: 4_200 },
  ]) {
    const { simulator, client, clock } = await simulatorAndClient(t, { content: catalogContent(3) });
    simulator.failNext({ kind: 'status', status: 429, path: '0000000001/settings', ...header });
    const results = await collected(client.policies(catalog));
    t.ok(results.every(({ kind }) => kind === 'policy'));
    t.equal(clock.sleptMs.length, 1);
    const [sleptMs = 0] = clock.sleptMs;
    t.ok(sleptMs >= waitMs && sleptMs <= waitMs + 1_001, `${JSON.stringify(header)}: slept ${sleptMs}`);
  }
});
