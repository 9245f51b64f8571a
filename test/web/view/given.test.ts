import t from 'tap';
import { givenInWords, idsGiven } from '../../../src/web/view/given.js';

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
      { name: 'policy types', value: 'Settings catalog, Endpoint security' },
      { name: 'accept counts', value: 'no' },
      { name: 'none', value: 'none' },
      { name: 'days', value: '3' },
      { name: 'nested', value: 'a 1' },
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

t.test('an object that is given by its id has its name where that is known', async (t) => {
  const input = {
    setId: 'set-1',
    policies: ['key-1', 'key-2'],
    source: {
      from: 'list',
      policies: [
        { policyType: 'intents', policyId: 'p-1' },
        { policyType: 'x', policyId: 'p-2' },
      ],
    },
    baselineRunId: 'run-1',
    mode: 'only_missing',
    kept: { from: 'backup_set', setId: 'set-1' },
    choice: { from: 'tenant' },
  };
  t.same(idsGiven(input), [
    ...['set-1', 'key-1', 'key-2', 'list', 'intents/p-1', 'x/p-2', 'run-1'],
    ...['only_missing', 'backup_set', 'set-1', 'tenant'],
  ]);
  const names = new Map([
    ['set-1', 'Before the pilot'],
    ['key-1', 'Firewall'],
    ['intents/p-1', 'BitLocker'],
  ]);
  t.same(givenInWords(input, names), [
    { name: 'set', value: 'Before the pilot' },
    { name: 'policies', value: 'Firewall, key-2' },
    { name: 'source', value: 'from list, policies BitLocker, x p-2' },
    { name: 'baseline run id', value: 'run-1' },
    { name: 'mode', value: 'only missing' },
    { name: 'kept', value: 'backup set “Before the pilot”' },
    { name: 'choice', value: 'tenant' },
  ]);
});
