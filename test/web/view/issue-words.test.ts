import t from 'tap';
import { z } from 'zod';
import { issueInWords } from '../../../src/web/view/issue-words.js';

const told = (schema: z.ZodType, value: unknown) => {
  const issue = schema.safeParse(value).error?.issues[0];
  return issue && issueInWords(issue);
};

t.test('mistakes of fields are described in the product’s own words', async (t) => {
  t.equal(told(z.enum(['1h', '24h', '7d']), 'ever'), 'It takes 1h, 24h, 7d.');
  t.equal(
    told(z.enum(Array.from({ length: 400 }, (_, n) => `zone ${n}`)), 'x'),
    'It is none of the values to choose from.',
  );
  t.equal(told(z.coerce.number().int(), 'x'), 'It takes a whole number.');
  t.equal(told(z.coerce.number().int(), '1.5'), 'It takes a whole number.');
  t.equal(told(z.coerce.number().int().min(0), '-1'), 'It takes 0 at least.');
  t.equal(told(z.string().max(64), 'x'.repeat(65)), 'It takes 64 characters at most.');
  t.equal(told(z.string().min(1), ''), 'It may not be empty.');
  t.equal(told(z.string(), undefined), 'It is missing or was sent more than once.');
  t.equal(told(z.string().regex(/^a$/), 'b'), 'It is not in the form that is taken here.');
  t.equal(told(z.enum(['a'], 'is no time zone of the list'), 'b'), 'is no time zone of the list.');
});
