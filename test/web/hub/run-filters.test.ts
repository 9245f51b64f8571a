import t from 'tap';
import {
  basisOf,
  chipsOf,
  endOf,
  queryOf,
  runFiltersSchema,
  timeOf,
} from '../../../src/web/hub/run-filters.js';

const parse = (text: string) => {
  const query: Record<string, string | string[]> = {};
  const params = new URLSearchParams(text);
  for (const key of params.keys()) {
    const values = params.getAll(key);
    query[key] = values.length > 1 ? values : (values[0] ?? '');
  }
  return runFiltersSchema.parse(query);
};

t.test('an address is read and written the same', async (t) => {
  for (const text of [
    '?type=drift.generate&bucket=failed',
    '?not_type=inventory.sync&not_type=drift.generate',
    '?initiator=me&last=24h&basis=started',
    '?from=2026-11-21T10%3A00&to=2026-11-22',
  ]) {
    const written = new URLSearchParams(queryOf(parse(text)));
    const read = new URLSearchParams(text);
    written.sort();
    read.sort();
    t.equal(written.toString(), read.toString());
  }
  t.equal(queryOf(parse('?type=&bucket=&reason=')), '', 'empty fields of a form are no filters');
});

t.test('a chip removes its own filter alone', async (t) => {
  const filters = parse('?type=drift.generate&not_type=a.b&not_type=c.d&last=24h&bucket=failed');
  const chips = chipsOf(filters, (id) => id);
  t.same(
    chips.map(({ subject, value }) => `${subject} ${value}`),
    ['type is drift.generate', 'type is not a.b', 'type is not c.d', 'finished in the last 24 hours'],
  );
  t.match(chips[1]?.withoutIt, /not_type=c\.d/);
  t.notMatch(chips[1]?.withoutIt, /a\.b/);
  t.same(
    chipsOf(parse('?from=2026-11-21T10:00&to=2026-11-21T12:30:05%2B01:00'), String).map(({ value }) => value),
    ['2026-11-21 10:00 UTC', '2026-11-21 11:30:05 UTC'],
    'times say their zone',
  );
});

t.test('the time basis fits the state, and times without a zone are UTC', async (t) => {
  t.equal(basisOf(parse('?bucket=failed')), 'finished');
  t.equal(basisOf(parse('?bucket=running')), 'created');
  t.equal(basisOf(parse('?bucket=failed&basis=started')), 'started');
  t.equal(timeOf('2026-11-21T10:00'), Date.UTC(2026, 10, 21, 10));
  t.equal(timeOf('2026-11-21T10:00+01:00'), Date.UTC(2026, 10, 21, 9));
  t.equal(timeOf('2026-11-21'), Date.UTC(2026, 10, 21));
});

t.test('one day from and to is that whole day, and what is no time is refused', async (t) => {
  const { from = '', to = '' } = parse('?from=2026-11-21&to=2026-11-21');
  t.equal(endOf(to) - timeOf(from), 24 * 3_600_000);
  t.equal(endOf('2026-11-21T10:00'), Date.UTC(2026, 10, 21, 10), 'a time ends where it says');
  t.equal(timeOf('2026-11-21 10:00'), Date.UTC(2026, 10, 21, 10), 'a blank is no other zone');
  for (const text of [
    '5',
    '2026',
    '21.11.2026',
    '2026-02-30',
    '2026-11-21T25:00',
    '2026-11-21T10:00 01:00',
  ]) {
    t.throws(() => parse(`?from=${encodeURIComponent(text)}`), /Write a day as/, text);
  }
});
