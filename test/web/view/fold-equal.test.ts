import t from 'tap';
import { foldEqual } from '../../../src/web/view/fold-equal.js';

t.test('equal rows are folded at the place of the first, and two of a kind stay rows', async (t) => {
  const first = ([letter = '']: string) => letter;
  t.same(foldEqual(['a1', 'b1', 'a2', 'c1', 'b2', 'a3'], first), [
    ['a1', 'a2', 'a3'],
    ['b1'],
    ['c1'],
    ['b2'],
  ]);
  t.same(foldEqual([], first), []);
});
