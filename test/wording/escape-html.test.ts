import t from 'tap';
import { escapeHtml } from '../../src/wording/escape-html.js';

t.test('escaping covers text and quoted attributes', async (t) => {
  t.equal(
    escapeHtml(`<a href="x" b='y' c=\`z\`>&`),
    '&lt;a href=&quot;x&quot; b=&#39;y&#39; c=&#96;z&#96;&gt;&amp;',
  );
  t.equal(escapeHtml(null), '');
  t.equal(escapeHtml(0), '0');
});
