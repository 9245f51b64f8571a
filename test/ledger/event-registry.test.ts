import t from 'tap';
import { z } from 'zod';
import { createEventRegistry, defineEvent } from '../../src/ledger/event-registry.js';

const Counted = defineEvent({
  type: 'Counted',
  category: 'thing',
  meaning: 'Something was counted.',
  words: ({ things }) => `${things} things`,
  version: 2,
  upcasters: { 1: (data) => ({ things: (data as { count: number }).count }) },
  data: z.strictObject({ things: z.int() }),
});
const registry = createEventRegistry([Counted]);

t.test('an event is described in the words of its feature, whatever version it was written in', async (t) => {
  t.equal(registry.inWords({ type: 'Counted', schemaVersion: 2, data: { things: 3 } }), '3 things');
  t.equal(registry.inWords({ type: 'Counted', schemaVersion: 1, data: { count: 4 } }), '4 things');
});

t.test('an event that this program can’t read gets a general sentence', async (t) => {
  t.match(
    registry.inWords({ type: 'Foreseen', schemaVersion: 1, data: {} }),
    /doesn’t know events of this type/,
  );
  t.match(registry.inWords({ type: 'Counted', schemaVersion: 3, data: {} }), /newer version/);
  for (const data of [{ things: 'many' }, null, 'three'])
    for (const schemaVersion of [1, 2])
      t.match(registry.inWords({ type: 'Counted', schemaVersion, data }), /form that its type asks for/);
});
