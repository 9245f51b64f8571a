import t from 'tap';
import { isPlainRecord } from '../../src/sanitize/plain-record.js';
import { sanitizeValue } from '../../src/sanitize/value.js';
import { material } from './corpus/material.js';

const line = {
  level: 30,
  time: 1_763_900_000_000,
  runId: '0123456789abcdef0123456789abcdef-12',
  tenantId: '11111111-1111-4111-8111-111111111111',
  type: 'drift.generate',
  correlationId: '22222222-2222-4222-8222-222222222222',
  attempt: 1,
  msg: 'run started',
};

t.test('a line of the program’s own texts takes the fast path', async (t) => {
  t.ok(isPlainRecord(line));
  t.ok(isPlainRecord(line), 'and again');
  t.same(sanitizeValue(line), line);
});

t.test('only records that sanitizing doesn’t change take the fast path', async (t) => {
  const m = material(7);
  const keys = [
    ...[
      'msg',
      'type',
      'runId',
      'password',
      'clientSecret',
      'name',
      'value',
      'text',
      'path',
      'args',
      'setting',
    ],
    ...['@odata.type', 'token', 'wifiKey', 'code', 'status', 'before', 'newValue', `x ${m.entraSecret()}`],
  ];
  const values: unknown[] = [
    ...['password', 'run started', 'drift.generate', '12345', m.password(), m.jwt(), m.entraSecret(), ''],
    ...[`Bearer ${m.jwt()}`, 'password: hunter2', 'someone@example.com', '#microsoft.graph.secretSetting'],
    ...[1, 123_456_789, 2 ** 60, Number.NaN, true, null, undefined, ['--password', 'x'], { password: 'x' }],
  ];
  let plain = 0;
  for (const key of keys)
    for (const value of values)
      for (const beside of [{}, { name: 'password' }, { program: 'curl' }, line]) {
        const record = { ...beside, [key]: value };
        if (!isPlainRecord(record)) continue;
        plain += 1;
        t.same(sanitizeValue(record), record, JSON.stringify(record));
      }
  t.ok(plain > 20, 'enough of them pass');
});
