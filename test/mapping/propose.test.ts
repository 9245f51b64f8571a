import fc from 'fast-check';
import t from 'tap';
import { type Candidate, propose, type ReferredObject } from '../../src/mapping/propose.js';

/** Goal: nothing is ever proposed but what is exact and single; all else waits for a person (K6). */

const candidate = (id: string, name: string | null, dynamic = false): Candidate => ({
  id,
  name,
  dynamic,
  exact: name,
});
const refers = (kind: ReferredObject['kind'], id: string, name: string | null): ReferredObject => ({
  kind,
  id,
  name,
  exact: name,
});
const words = (reference: ReferredObject, candidates: readonly Candidate[]) => {
  const proposal = propose(reference, candidates);
  return proposal.kind === 'exact'
    ? [proposal.by, proposal.candidate.id]
    : proposal.offers.map((offer) => [offer.candidate.id, ...offer.differences]);
};

t.test('the object with the same id is proposed, otherwise the only one of the exact name', (t) => {
  const group = refers('group', 'A1', 'SEC-Laptops');
  t.strictSame(words(group, [candidate('a1', 'renamed meanwhile'), candidate('b', 'SEC-Laptops')]), [
    'id',
    'a1',
  ]);
  t.strictSame(words(group, [candidate('b', 'SEC-Laptops'), candidate('c', 'sec-laptops')]), ['name', 'b']);
  t.strictSame(words(group, [candidate('c', 'another')]), []);
  t.strictSame(
    words(refers('group', 'A1', null), [candidate('b', null)]),
    [],
    'objects without names are not alike',
  );
  t.end();
});

t.test('other objects with a similar name are offered with the difference', (t) => {
  const group = refers('group', 'a', 'SEC-Laptops');
  t.strictSame(words(group, [candidate('b', 'SEC-Laptops'), candidate('c', 'SEC-Laptops', true)]), [
    ['b', 'twin'],
    ['c', 'twin', 'dynamic'],
  ]);
  t.strictSame(words(group, [candidate('b', 'SEC-Laptops', true)]), [['b', 'dynamic']]);
  t.strictSame(
    words(group, [
      candidate('e', ' sec-laptops'),
      candidate('b', 'sec-laptops'),
      candidate('d', 'SEC-Laptops', true),
      candidate('c', 'unlike'),
    ]),
    [
      ['b', 'letter_case'],
      ['d', 'dynamic'],
      ['e', 'spaces', 'letter_case'],
    ],
  );
  const sanitized = { ...group, exact: 'hash one' };
  const lookalike = { ...candidate('b', 'SEC-Laptops'), exact: 'hash two' };
  t.strictSame(words(sanitized, [lookalike]), [['b', 'looks_same']]);
  t.end();
});

t.test('a tag or filter is never taken by its id alone', (t) => {
  const tag = refers('scope_tag', '3', 'Berlin');
  t.strictSame(words(tag, [candidate('3', 'Berlin'), candidate('4', 'Paris')]), ['id', '3']);
  t.strictSame(words(tag, [candidate('3', 'Paris')]), [['3', 'renamed']]);
  t.strictSame(words(tag, [candidate('3', 'Paris'), candidate('7', 'Berlin')]), [
    ['3', 'renamed'],
    ['7', 'other_id'],
  ]);
  t.strictSame(words(tag, [candidate('7', 'Berlin')]), ['name', '7']);
  t.strictSame(words(refers('scope_tag', '3', null), [candidate('3', 'Paris')]), [['3', 'unknown_name']]);
  t.strictSame(words(refers('scope_tag', '0', null), [candidate('0', 'Default')]), ['id', '0']);
  t.strictSame(words(refers('assignment_filter', 'f', 'Mine'), [candidate('f', 'Yours')]), [
    ['f', 'renamed'],
  ]);
  t.end();
});

t.test('a proposal is exact and single, also among hostile names', (t) => {
  const name = fc.oneof(
    fc.constantFrom(
      'SEC',
      'sec',
      'SEC ',
      '\uff33\uff25\uff23',
      'S\u200bEC',
      'M\u00fc',
      'Mu\u0308',
      '__proto__',
      '',
    ),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  const id = fc.constantFrom('0', '1', '2', 'a', 'A', 'b');
  const objects = fc.array(fc.record({ id, name: fc.option(name), dynamic: fc.boolean() }), { maxLength: 6 });
  const kind = fc.constantFrom('group', 'assignment_filter', 'scope_tag', 'app');
  fc.assert(
    fc.property(kind, id, fc.option(name), objects, (kind, id, name, all) => {
      const candidates = all.map((object) => candidate(object.id, object.name, object.dynamic));
      const proposal = propose(refers(kind as 'group', id, name), candidates);
      const sameName = candidates.filter((one) => name !== null && one.exact === name);
      if (proposal.kind === 'open') return proposal.offers.every(({ differences }) => differences.length > 0);
      const { by, candidate: taken } = proposal;
      if (by === 'name') return sameName.length === 1 && taken === sameName[0] && !taken.dynamic;
      const isSame = taken.id.toLowerCase() === id.toLowerCase();
      return isSame && (kind !== 'scope_tag' || id === '0' || taken.exact === name);
    }),
    { numRuns: 150 },
  );
  t.end();
});
