import canonicalize from 'canonicalize';
import fc from 'fast-check';
import t from 'tap';
import { assertStorable, canonicalJson, UnstorableValueError } from '../../src/ledger/canonical-json.js';

t.test('keys are sorted by UTF-16 units, numbers and texts as RFC 8785 says', async (t) => {
  t.equal(
    canonicalJson({
      '\u20ac': 1,
      '\r': 2,
      '1': 3,
      '\ud83d\ude00': 4,
      '\ufb33': 5,
      a: [1e21, 0.000001, -0, 'é\n'],
    }),
    '{"\\r":2,"1":3,"a":[1e+21,0.000001,0,"é\\n"],"\u20ac":1,"\ud83d\ude00":4,"\ufb33":5}',
  );
});

t.test('the order in which keys were written does not matter', async (t) => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
      const turned = Object.fromEntries(Object.entries(object).reverse());
      return canonicalJson(object) === canonicalJson(turned);
    }),
  );
  t.pass();
});

t.test('keys that are in order and keys that must be sorted give the same text', async (t) => {
  const anyKey = fc.oneof(fc.string(), fc.nat(20).map(String), fc.constantFrom('$a', '__proto__', 'toJSON'));
  const inOrder = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1);
  fc.assert(
    fc.property(fc.dictionary(anyKey, fc.jsonValue(), { noNullPrototype: true }), (object) => {
      const sorted = Object.fromEntries(Object.entries(object).sort(inOrder));
      const expected = canonicalize(object as never);
      return canonicalJson(object) === expected && canonicalJson(sorted) === expected;
    }),
  );
  t.throws(() => canonicalJson({ a: Number.NaN }));
  t.throws(() => canonicalJson({ a: Number.POSITIVE_INFINITY }));
});

t.test('what jsonb or the chain cannot carry is refused, with its place', async (t) => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  const bad: [unknown, string][] = [
    [{ a: ['x\u0000y'] }, 'data.a[0]'],
    [{ a: '\ud800' }, 'data.a'],
    [{ 'k\udc00': 1 }, 'a key of data'],
    [{ n: 2 ** 53 }, 'data.n'],
    [{ n: Number.NaN }, 'data.n'],
    [{ n: 1n }, 'data.n'],
    [{ f: () => 1 }, 'data.f'],
    [[undefined], 'data[0]'],
  ];
  for (const [value, path] of bad)
    t.match(
      throws(() => assertStorable(value)),
      { name: 'UnstorableValueError', path },
    );
  t.ok(throws(() => assertStorable(cyclic)) instanceof UnstorableValueError, 'a cycle ends');
  t.doesNotThrow(() => assertStorable({ a: [1, 'é😀', null, true, { b: undefined }], n: 2 ** 53 - 1 }));
});

function throws(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
