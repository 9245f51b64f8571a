import t from 'tap';
import { INPUT_BYTES_MAX, keepInput } from '../../src/starting/given-input.js';

t.test('an input is kept as it was given; nothing given is an empty one', async (t) => {
  const given = { policyTypes: ['deviceConfigurations', 'deviceConfigurations'], note: 'Größe 3 → 4' };
  t.strictSame(keepInput(given), { input: given });
  t.strictSame(keepInput(undefined), { input: {} });
  const runs = { baselineRunId: `${'2f'.repeat(16)}-0`, currentRunId: `${'0c'.repeat(16)}-1234` };
  t.strictSame(keepInput(runs), { input: runs }, 'ids are no secrets');
});

t.test('what can’t be kept is refused with a sentence', async (t) => {
  const refused: readonly (readonly [unknown, RegExp])[] = [
    [{ password: 'Tr0ub4dor&3-and-more' }, /looks like a secret/],
    [{ to: 'ann@contoso.example' }, /personal address/],
    [{ text: 'a\u0000b' }, /U\+0000/],
    [{ text: '\uD800' }, /lone surrogate/],
    [{ big: 2 ** 53 }, /beyond 2\^53/],
    [{ text: 'word '.repeat(INPUT_BYTES_MAX / 5) }, /larger than 32768 bytes/],
    [{ at: 10n }, /bigint/],
  ];
  for (const [given, problem] of refused) t.match(keepInput(given), { problem });
});
