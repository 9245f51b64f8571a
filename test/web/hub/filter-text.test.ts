import t from 'tap';
import { readTypedText } from '../../../src/web/hub/filter-text.js';

const read = (text: string) => {
  const { filters, words } = readTypedText(text);
  return [filters.map(({ name, value }) => `${name}=${value}`).join(' '), words];
};

t.test('a typed search is split into filters and words', async (t) => {
  t.same(read('type:drift.generate'), ['type=drift.generate', '']);
  t.same(read('before type:Drift.Generate 24H2'), ['type=drift.generate', 'before 24H2']);
  t.same(read('-type:a.b,c.d -by:nightly'), ['not_type=a.b not_type=c.d not_initiator=nightly', '']);
  t.same(read('by:"Mara Okonkwo" bitlocker'), ['initiator=Mara Okonkwo', 'bitlocker']);
  t.same(read('is:partial state:fail is:ok'), [
    'bucket=partially_succeeded bucket=failed bucket=succeeded',
    '',
  ]);
  t.same(read('from:2026-11-21t10:00z to:2026-11-22'), ['from=2026-11-21T10:00Z to=2026-11-22', '']);
  t.same(read('last:24h sort:longest'), ['last=24h sort=longest', '']);
});

t.test('words that aren’t filters are searched for', async (t) => {
  t.same(read('"before 24H2"'), ['', 'before 24H2']);
  t.same(read('error:403 https://x.example/a'), ['', 'error:403 https://x.example/a']);
  t.same(read('-dash - last'), ['', '-dash - last']);
  t.same(read('type: type:""'), ['', 'type:']);
  t.same(read('-is:failed'), ['', '-is:failed'], 'a state can’t be excluded');
  t.same(read('   '), ['', '']);
  t.same(read('constructor:x __proto__:y'), ['', 'constructor:x __proto__:y']);
});
