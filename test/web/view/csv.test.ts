import t from 'tap';
import { csvLine } from '../../../src/web/view/csv.js';

t.test('cells are quoted where necessary, and texts that look like formulas stay texts', async (t) => {
  t.equal(csvLine(['a', 1, null, 'b,c', 'say "x"', 'two\nlines']), 'a,1,,"b,c","say ""x""","two\nlines"\r\n');
  for (const text of ['=1+1', '+1', '-1', '@x', '\tx', '\rx'])
    t.ok(csvLine([text]).replace('"', '').startsWith("'"), text);
  t.equal(csvLine([-1]), '-1\r\n', 'a number is no text');
});
