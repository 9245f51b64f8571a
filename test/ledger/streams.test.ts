import t from 'tap';
import { z } from 'zod';
import { defineEvent } from '../../src/ledger/event-registry.js';
import { EVERY_STREAM, parseStream, streamIsOf, streamName } from '../../src/ledger/streams.js';

const TENANT = '11111111-1111-4111-8111-111111111111';

t.test('a stream name says its category, its tenant and its subject', async (t) => {
  const name = streamName('greeting', TENANT, 'a.b-c');
  t.equal(name, `greeting-${TENANT}.a.b-c`);
  t.strictSame(parseStream(name), { category: 'greeting', id: `${TENANT}.a.b-c` });
  t.ok(streamIsOf(name, TENANT));
  t.ok(streamIsOf(streamName('greeting', TENANT), TENANT));
  t.notOk(streamIsOf(streamName('greeting', `${TENANT}0`), TENANT), 'an id that only begins like it');
  t.ok(EVERY_STREAM.some((prefix) => name.startsWith(prefix)));
});

t.test('a stream name of another form belongs to no category', async (t) => {
  for (const foreign of ['$all', 'nohyphen', '$$operation-x', '-x', 'two words-x', 'Upper-x']) {
    t.equal(parseStream(foreign), undefined);
    t.notOk(streamIsOf(foreign, TENANT));
  }
});

t.test('an event can only be declared for a category of that form', async (t) => {
  for (const category of ['', 'two-words', '$system', 'Upper'])
    t.throws(
      () =>
        defineEvent({ type: 'SomethingHappened', category, meaning: 'Something.', data: z.strictObject({}) }),
      TypeError,
    );
});
