import { readFileSync } from 'node:fs';
import t from 'tap';
import { packageRoot } from '../../src/app-version.js';
import { RULES } from '../../src/sanitize/index.js';

t.test('docs/sanitizer.md lists the rules as they are', async (t) => {
  const page = readFileSync(`${packageRoot}/docs/sanitizer.md`, 'utf8');
  const listed = [...page.matchAll(/^\| `([a-z0-9-]+)` \| (.+) \|$/gm)].map(([, rule, what]) => [rule, what]);
  t.same(listed, Object.entries(RULES));
});
