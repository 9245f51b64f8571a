import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { packageRoot } from '../../src/app-version.js';

t.test('every claim of docs/security.md names a test, and every test named is there', async (t) => {
  const page = readFileSync(`${packageRoot}/docs/security.md`, 'utf8');
  const claims = [...page.matchAll(/^\| ([A-Z][^|]*[.]) \| (.*) \|$/gm)];
  t.ok(claims.length > 30, `${claims.length} claims`);
  for (const [, claim = '', held = ''] of claims)
    t.match(held, /^(`test\/[a-z/-]+\.test\.ts`(, )?)+$/, claim.slice(0, 60));
  const named = new Set(page.match(/test\/[a-z/-]+\.test\.ts/g));
  for (const file of named) t.ok(existsSync(`${packageRoot}/${file}`), file);
});
