import { readFileSync } from 'node:fs';
import t from 'tap';
import { RULES } from '../../src/sanitize/index.js';

t.test('docs/sanitizer.md lists the rules as they are', async (t) => {
  const page = readFileSync(new URL('../../docs/sanitizer.md', import.meta.url), 'utf8');
  const listed = [...page.matchAll(/^\| `([a-z0-9-]+)` \| (.+) \|$/gm)].map(([, rule, what]) => [rule, what]);
  t.same(listed, Object.entries(RULES));
});
