import t from 'tap';
import { partsBySize } from '../../../src/operations/handling/parts-by-size.js';

t.test('entries come in parts of a bounded size, in their order', async (t) => {
  t.strictSame(partsBySize([], 10), []);
  t.strictSame(partsBySize(['aaaa', 'bb', 'cccc', 'd'], 10), [
    ['aaaa', 'bb'],
    ['cccc', 'd'],
  ]);
  t.strictSame(partsBySize(['a', 'x'.repeat(50), 'b'], 10), [['a'], ['x'.repeat(50)], ['b']]);
});
