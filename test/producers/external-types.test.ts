import t from 'tap';
import { createOperationRegistry } from '../../src/operations/registry.js';
import { parseExternalTypes, readExternalTypes } from '../../src/producers/external-types.js';

/**
 * Goal: a file with a mistake ends the program with a sentence that names the mistake; a correct file declares types.
 */
const TYPE = {
  type: 'certificates.renew',
  label: 'Certificate renewal',
  description: 'Renews the certificates of a vault.',
  itemisedBy: 'certificate',
  input: {
    type: 'object',
    properties: { vault: { type: 'string', maxLength: 100 } },
    required: ['vault'],
    additionalProperties: false,
  },
  scope: ['vault'],
};
const parse = (...types: object[]) => parseExternalTypes(JSON.stringify({ types }));

t.test('a declared type checks its input and makes the scope of it', async (t) => {
  const [operation] = parse({ ...TYPE, silenceMs: 30_000 });
  if (!operation) throw new Error('nothing was declared');
  t.match(operation, { carriedOutBy: 'producer', version: 1, silenceMs: 30_000, waitLimitMs: 900_000 });
  t.ok(operation.input.safeParse({ vault: 'prod' }).success);
  for (const wrong of [
    {},
    { vault: 7 },
    { vault: 'prod', more: 1 },
    'prod',
    null,
    { vault: 'x'.repeat(101) },
  ])
    t.notOk(operation.input.safeParse(wrong).success, JSON.stringify(wrong)?.slice(0, 40));
  const planned = await operation.plan({ vault: 'prod' }, {} as never);
  t.match(planned, {
    plan: { scope: { vault: 'prod' }, context: { vault: 'prod' }, title: 'Certificate renewal (vault prod)' },
  });
});

t.test('mistakes in a declaration are refused by name', async (t) => {
  const code = { kind: 'failure', meaning: 'It is.', advice: 'Do.' };
  for (const [types, says] of [
    [[{ ...TYPE, type: 'Certificates' }], /not an operation type/],
    [[{ ...TYPE, silence: 5 }], /silence/],
    [[{ ...TYPE, input: { type: 'string' } }], /object/],
    [[{ ...TYPE, input: { type: 'object', properties: { a: { $ref: '#/nowhere' } } } }], /JSON Schema/],
    [[{ ...TYPE, silenceMs: 10 }], /1000/],
    [[{ ...TYPE, reasonCodes: { mine: { ...code, kind: 'refusal' } } }], /kind/],
  ] as const)
    t.throws(() => parse(...types), { name: 'ConfigError', message: says });
  for (const codes of [{ unexpected: code }, { mine: code }])
    t.throws(
      () =>
        createOperationRegistry(
          parse(
            { ...TYPE, reasonCodes: codes },
            { ...TYPE, type: 'test.other', reasonCodes: { mine: code } },
          ),
        ),
      /has a meaning already/,
    );
  t.throws(() => createOperationRegistry(parse(TYPE, TYPE)), /defined twice/);
  t.throws(() => parseExternalTypes('{'), { name: 'ConfigError' });
  await t.rejects(readExternalTypes('/nowhere/types.json'), {
    name: 'ConfigError',
    message: /can't be read/,
  });
});
