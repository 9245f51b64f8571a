import t from 'tap';
import { givenInWords } from '../../../src/web/view/given.js';

t.test('an input is shown field by field', async (t) => {
  t.same(
    givenInWords({
      policyTypes: ['configurationPolicies', 'intents'],
      accept_counts: false,
      baseline: null,
      none: [],
      days: 3,
      nested: { a: [1] },
    }),
    [
      { name: 'policy types', value: 'configurationPolicies, intents' },
      { name: 'accept counts', value: 'no' },
      { name: 'none', value: 'none' },
      { name: 'days', value: '3' },
      { name: 'nested', value: '{"a":[1]}' },
    ],
  );
});

t.test(
  'a long list is shortened to its first entries and a number, and an empty input shows nothing',
  async (t) => {
    const ids = Array.from({ length: 500 }, (_, n) => `id-${n}`);
    t.match(givenInWords({ ids })[0]?.value, /^id-0, .*, id-11 and 488 more$/);
    for (const nothing of [null, undefined, {}]) t.same(givenInWords(nothing), []);
    t.same(givenInWords('text'), [{ name: 'input', value: 'text' }]);
  },
);
