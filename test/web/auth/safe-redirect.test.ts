import t from 'tap';
import { safeRedirect } from '../../../src/web/auth/safe-redirect.js';

t.test('only paths of this site', async (t) => {
  for (const fine of ['/', '/t/contoso/operations?bucket=failed', '/a//b']) t.equal(safeRedirect(fine), fine);
  for (const foul of [
    'https://evil.invalid',
    '//evil.invalid',
    '/\\evil.invalid',
    '/\t/evil.invalid',
    '/\n/evil.invalid',
    'javascript:alert(1)',
    'evil',
    '',
    undefined,
    ['/'],
    `/${'a'.repeat(3000)}`,
  ]) {
    t.equal(safeRedirect(foul), '/', JSON.stringify(foul)?.slice(0, 40));
  }
});
