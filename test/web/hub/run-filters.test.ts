import { parse as parseQuery } from 'node:querystring';
import t from 'tap';
import {
  basisOf,
  NO_FILTERS,
  type RunFilters,
  readFilters,
  runFiltersSchema,
  sortOf,
} from '../../../src/web/hub/run-filters.js';
import { queryOf } from '../../../src/web/query-of.js';

const parse = (text: string): RunFilters => runFiltersSchema.parse({ ...parseQuery(text.slice(1)) });

t.test('an address is the same after reading and writing', async (t) => {
  for (const text of [
    '?type=drift.generate&type=inventory.sync&bucket=failed&bucket=running',
    '?not_type=inventory.sync&not_type=drift.generate&not_reason=unexpected&reason=graph_forbidden',
    '?initiator=me&not_initiator=schedule&last=24h&basis=started&sort=longest&q=before+24H2',
    '?from=2026-11-21T10%3A00&to=2026-11-22',
  ]) {
    const written = new URLSearchParams(queryOf(parse(text)));
    const read = new URLSearchParams(text);
    written.sort();
    read.sort();
    t.equal(written.toString(), read.toString());
  }
  t.same(parse('?type=&bucket=&reason=&q=&last='), NO_FILTERS, 'empty fields of a form are no filters');
  t.same(parse('?type=a.b&type=a.b').type, ['a.b'], 'each value counts once');
});

t.test('the time basis depends on the state, and within a range the order on the time basis', async (t) => {
  t.equal(basisOf(parse('?bucket=failed')), 'finished');
  t.equal(basisOf(parse('?bucket=failed&bucket=succeeded')), 'finished');
  t.equal(basisOf(parse('?bucket=failed&bucket=running')), 'created');
  t.equal(basisOf(parse('?bucket=failed&basis=started')), 'started');
  t.equal(sortOf(parse('?bucket=failed')), 'newest');
  t.equal(sortOf(parse('?bucket=failed&last=24h')), 'finished');
  t.equal(sortOf(parse('?last=24h')), 'newest');
  t.equal(sortOf(parse('?last=24h&sort=longest')), 'longest');
});

t.test('invalid filters are reported one by one, and the others apply', async (t) => {
  const { filters, wrong } = readFilters({
    type: ['drift.generate'],
    from: '5',
    last: 'ever',
    bucket: 'failed',
  });
  t.same(filters, { ...NO_FILTERS, type: ['drift.generate'], bucket: ['failed'] });
  t.same(
    wrong.map(({ name, value }) => [name, value]),
    [
      ['last', 'ever'],
      ['from', '5'],
    ],
  );
  t.match(wrong[1]?.issue.message, /^Write a day as 2026-11-21/);
});
