import fc from 'fast-check';
import t from 'tap';
import { checkCommand, checkType, decodeCommand, encodeCommand } from '../../src/bus/command-codec.js';

const command = { tenantId: 'a', type: 'drift.generate', runId: 'key-1', correlationId: 'why' };

t.test('a command is the same after encoding and decoding, and unknown fields are dropped', async (t) => {
  t.strictSame(decodeCommand(encodeCommand(command)), command);
  const later = new TextEncoder().encode(JSON.stringify({ ...command, addedLater: true }));
  t.strictSame(decodeCommand(later), command);
});

t.test('bytes that are no command are reported as such', async (t) => {
  const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value) ?? '');
  for (const wrong of [
    null,
    [],
    'text',
    {},
    { ...command, runId: 7 },
    { ...command, tenantId: 'a.*' },
    { ...command, type: 'drift.>' },
    { ...command, correlationId: 'x'.repeat(100_000) },
  ]) {
    t.equal(decodeCommand(bytes(wrong)), undefined);
  }
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5_000, size: 'max' }), (any) => {
        if (decodeCommand(any) !== undefined) throw new Error('random bytes became a command');
      }),
    ),
  );
});

t.test('a checked command is a frozen copy', async (t) => {
  const checked = checkCommand(command);
  t.not(checked, command);
  t.ok(Object.isFrozen(checked));
});

t.test('a type has two parts', async (t) => {
  t.doesNotThrow(() => checkType('directory_groups.sync'));
  for (const wrong of ['drift', 'a.b.c', 'a-b.c', '.b', 'a.*', ''])
    t.throws(() => checkType(wrong), RangeError);
});
