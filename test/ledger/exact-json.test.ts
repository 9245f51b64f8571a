import fc from 'fast-check';
import t from 'tap';
import { graphJson, parseGraphJson } from '../../src/graph/simulator/graph-value.js';
import { nestingDepth, parseExactJson } from '../../src/ledger/exact-json.js';

t.test('integers beyond 2^53 keep their digits, everything else is parsed as by JSON.parse', (t) => {
  t.same(parseExactJson('{"a":9007199254740993,"b":-9223372036854775808,"c":9007199254740991}'), {
    a: '9007199254740993',
    b: '-9223372036854775808',
    c: 9007199254740991,
  });
  t.same(parseExactJson('["12345678901234567890","say \\"12345678901234567890\\" twice"]'), [
    '12345678901234567890',
    'say "12345678901234567890" twice',
  ]);
  t.same(parseExactJson('[0.50000000000000000,10000000000000000000e3]'), [0.5, 1e22]);
  t.throws(() => parseExactJson('{"a":12345678901234567890'), SyntaxError);
  fc.assert(
    fc.property(fc.json(), (text) => {
      // The first half of this test covers numbers beyond 2^53.
      fc.pre(!holdsUnsafeInteger(JSON.parse(text)));
      if (
        JSON.stringify(parseExactJson(`[${text},"1234567890123456"]`)) !==
        JSON.stringify(JSON.parse(`[${text},"1234567890123456"]`))
      )
        throw new Error(text);
    }),
  );
  t.end();
});

function holdsUnsafeInteger(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsUnsafeInteger);
}

t.test('a long text costs linear time', (t) => {
  const text = JSON.stringify({ a: '\\"'.repeat(2_000_000), b: '1234567890123456' });
  t.equal(JSON.stringify(parseExactJson(text)), text);
  t.end();
});

t.test('the simulator writes such integers as numbers', (t) => {
  const text = '{"a":9007199254740993,"b":["-9223372036854775809",-9223372036854775809]}';
  t.equal(graphJson(parseGraphJson(text) as Parameters<typeof graphJson>[0]), text);
  t.end();
});

t.test('depth is counted without recursion', (t) => {
  t.equal(nestingDepth(1, 10), 0);
  t.equal(nestingDepth({ a: [1] }, 10), 2);
  t.equal(nestingDepth(JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`), 100), 101);
  t.end();
});
