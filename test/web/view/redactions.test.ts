import t from 'tap';
import { withRedactions } from '../../../src/web/view/redactions.js';

t.test('marks of the sanitizer become chips that name what was removed', async (t) => {
  t.match(withRedactions('a [redacted:jwt] b'), [
    { kind: 'text', text: 'a ' },
    { kind: 'redaction', rule: 'jwt', meaning: /JSON web tokens/ },
    { kind: 'text', text: ' b' },
  ]);
  t.match(withRedactions('"[masked]"'), [{ kind: 'redaction', rule: 'masked' }]);
  t.match(withRedactions('[redacted:constructor]'), [{ meaning: /^Removed before it was recorded$/ }]);
  t.same(withRedactions('[redacted:<b>]'), [{ kind: 'text', text: '[redacted:<b>]' }]);
});
