import t from 'tap';
import { searchedTerms, searchTerms } from '../../../projections/hub/search-terms.js';

const ID = '0f8fad5b-d9cb-469f-a165-70867728950e';

t.test('a run is found by the words of its texts and of the values inside them', async (t) => {
  t.same(
    searchTerms(['Inventory of Wi-Fi policies', { types: ['deviceConfigurations'], n: 12, none: null }]),
    ['inventory', 'of', 'wi', 'fi', 'policies', 'deviceconfigurations', '12'],
  );
  t.same(searchTerms([`restore ${ID.toUpperCase()} of Größe`]), [ID, 'restore', 'of', 'größe']);
  t.same(searchTerms(['drift.generate']), ['drift', 'generate']);
});

t.test('the number of search terms of a run is limited', async (t) => {
  const many = Array.from({ length: 5_000 }, (_, index) => `word${index}`);
  t.equal(searchTerms([many]).length, 400);
  t.equal(searchTerms(['x'.repeat(100_000)])[0]?.length, 40);
  let deep: unknown = 'deep';
  for (let level = 0; level < 50_000; level++) deep = [deep];
  t.same(searchTerms([deep]), ['deep']);
});

t.test('a search takes the same words, and the beginning of an id as one', async (t) => {
  t.same(searchedTerms('  Wi-Fi  INVENTORY wi '), ['wi', 'fi', 'inventory']);
  t.same(searchedTerms(ID.slice(0, 18)), [ID.slice(0, 18)]);
  t.same(searchedTerms(ID), [ID]);
  t.same(searchedTerms('ﬁrewall ①'), ['firewall', '1'], 'compatible forms count as one');
});
