import t from 'tap';
import { z } from 'zod';
import { issueInWords, issuesInWords } from '../../src/wording/issue-words.js';

const described = (schema: z.ZodType, value: unknown) => {
  const issue = schema.safeParse(value).error?.issues[0];
  return issue && issueInWords(issue);
};

t.test('mistakes of fields are described in the product’s own words', async (t) => {
  t.equal(described(z.enum(['1h', '24h', '7d']), 'ever'), 'It takes 1h, 24h, 7d.');
  t.equal(
    described(z.enum(Array.from({ length: 400 }, (_, n) => `zone ${n}`)), 'x'),
    'It isn’t one of the values to choose from.',
  );
  t.equal(described(z.coerce.number().int(), 'x'), 'It takes a number.');
  t.equal(described(z.coerce.number().int(), '1.5'), 'It takes a whole number.');
  t.equal(described(z.coerce.number().int().min(0), '-1'), 'It takes 0 at least.');
  t.equal(described(z.string().max(64), 'x'.repeat(65)), 'It takes 64 characters at most.');
  t.equal(described(z.string().min(1), ''), 'It may not be empty.');
  t.equal(described(z.string(), undefined), 'It is missing.');
  t.equal(described(z.string(), ['a', 'b']), 'It takes one value and got several.');
  t.equal(described(z.boolean(), 'yes'), 'It takes true or false.');
  t.equal(described(z.array(z.string()), 'a'), 'It takes a list.');
  t.equal(described(z.iso.datetime(), 'noon'), 'It takes a time such as 2026-01-31T09:30:00Z.');
  t.equal(described(z.strictObject({}), { more: 1 }), 'There is no field “more”.');
  t.equal(described(z.strictObject({}), []), 'It takes an object.');
  t.equal(described(z.string().regex(/^a$/), 'b'), 'It doesn’t have the expected form.');
  t.equal(described(z.enum(['a'], 'is no time zone of the list'), 'b'), 'is no time zone of the list.');
});

t.test('each wrong place is named; of alternatives, the innermost one', async (t) => {
  const schema = z.strictObject({
    type: z.string().refine(() => false, 'is not an operation type such as drift.generate'),
    input: z.union([
      z.strictObject({ policies: z.array(z.int()) }),
      z.strictObject({ setId: z.guid(), all: z.literal(true) }),
      z.null(),
    ]),
  });
  const words = (value: unknown) => {
    const { error } = schema.safeParse(value);
    return error && issuesInWords(error);
  };
  t.equal(
    words({ type: 'x', input: { policies: [1, 'two'] }, more: 1 }),
    'type is not an operation type such as drift.generate. input.policies[1]: It takes a number. There is no field “more”.',
  );
  const given = z.strictObject({ type: z.string(), dryRun: z.boolean().default(true) });
  const wrong = given.safeParse({ type: 'x', dry: true }).error;
  t.equal(wrong && issuesInWords(wrong, given), 'There is no field “dry”. There are type, dryRun.');
  t.match(words({ type: 'x', input: 7 }), /input: It doesn’t have the expected form\.$/);
  const many = z.array(z.int()).safeParse(Array.from({ length: 9 }, () => 'x')).error;
  t.match(many && issuesInWords(many), /^\[0\]: It takes a number\. .*And 4 more\.$/);
});
