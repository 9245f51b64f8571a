import { BACKWARDS, END, NO_STREAM } from '@eventstore/db-client';
import t from 'tap';
import { systemClock } from '../../../src/clock.js';
import { append, errorOf, event, events, shown, testStore, viaAppend } from './support/test-store.js';

t.test('metadata is read as it was written, and its own stream shows only the newest', async (t) => {
  const { client } = await testStore(t);
  t.equal((await client.getStreamMetadata('none')).metadata, undefined);
  await client.setStreamMetadata('a', { maxCount: 5, custom: 'x' });
  await client.setStreamMetadata('a', { maxCount: 6, custom: 'y' });
  t.same((await client.getStreamMetadata('a')).metadata, { maxCount: 6, custom: 'y' });
  t.same(await shown(client, '$$a'), ['$metadata@1']);
  t.equal(
    await errorOf(client.setStreamMetadata('a', {}, { expectedRevision: NO_STREAM })),
    'wrong-expected-version',
  );
});

t.test('maxCount keeps the newest events, also when it was set first', async (t) => {
  const { client } = await testStore(t);
  await client.setStreamMetadata('a', { maxCount: 2 });
  t.equal(await errorOf(shown(client, 'a')), 'stream-not-found');
  await client.appendToStream('a', events(5));
  t.same(await shown(client, 'a'), ['Happened@3', 'Happened@4']);
  t.same(await shown(client, 'a', { fromRevision: 1n, maxCount: 1 }), ['Happened@3']);
  t.same(await shown(client, 'a', { direction: BACKWARDS, fromRevision: END }), ['Happened@4', 'Happened@3']);
});

t.test(
  '$tb hides what is before it; beyond the end it hides all, and the stream is still there',
  async (t) => {
    const { client } = await testStore(t);
    await client.appendToStream('a', events(5));
    await client.setStreamMetadata('a', { truncateBefore: 3 });
    t.same(await shown(client, 'a'), ['Happened@3', 'Happened@4']);
    await client.setStreamMetadata('a', { truncateBefore: 50 });
    t.same(await shown(client, 'a'), []);
    t.equal((await append(client, 'a', event(), 4n)).nextExpectedRevision, 5n);
    t.same(await shown(client, 'a'), []);
  },
);

t.test('maxAge hides the old', async (t) => {
  let offsetMs = 0;
  const clock = { ...systemClock, now: () => Date.now() + offsetMs };
  const { client } = await testStore(t, { clock });
  // Through Append, whose deadline is the client's own: BatchAppend's is read by the clock that this test moves.
  await client.appendToStream('a', events(2), viaAppend);
  await client.setStreamMetadata('a', { maxAge: 60 }, viaAppend);
  t.equal((await shown(client, 'a')).length, 2);
  offsetMs = 61_000;
  t.same(await shown(client, 'a'), []);
  await client.appendToStream('a', event('Fresh'), viaAppend);
  t.same(await shown(client, 'a'), ['Fresh@2']);
});

t.test('metadata that is no JSON object counts as none', async (t) => {
  const { client } = await testStore(t);
  await client.appendToStream('a', events(2));
  const broken = {
    ...event('$metadata'),
    contentType: 'application/octet-stream' as const,
    data: Buffer.from('{"$tb'),
  };
  await client.appendToStream('$$a', broken);
  t.equal((await shown(client, 'a')).length, 2);
});
