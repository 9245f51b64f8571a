import { ANY, NO_STREAM, STREAM_EXISTS } from '@eventstore/db-client';
import t from 'tap';
import { append, errorOf, event, events, shown, testFolder, testStore } from './support/test-store.js';

t.test('a deleted stream doesn’t exist until the next append continues it', async (t) => {
  const { client } = await testStore(t);
  for (const [name, expected] of [
    ['none', NO_STREAM],
    ['old', 2n],
  ] as const) {
    await client.appendToStream(name, events(3));
    await client.deleteStream(name);
    t.equal(await errorOf(shown(client, name)), 'stream-not-found');
    t.equal(await errorOf(append(client, name, event(), STREAM_EXISTS)), 'stream-deleted');
    t.equal((await append(client, name, event('Again'), expected)).nextExpectedRevision, 3n);
    t.same(await shown(client, name), ['Again@3']);
  }
});

t.test('a tombstoned stream accepts no more appends', async (t) => {
  const { client } = await testStore(t);
  await client.appendToStream('gone', events(2));
  await client.tombstoneStream('gone');
  t.equal(await errorOf(shown(client, 'gone')), 'stream-deleted');
  t.equal(await errorOf(client.appendToStream('gone', event())), 'stream-deleted');
  t.equal(await errorOf(client.tombstoneStream('gone')), 'stream-deleted');
  t.equal(await errorOf(client.setStreamMetadata('gone', { maxCount: 1 })), 'stream-deleted');
  t.equal(await errorOf(client.getStreamMetadata('gone')), 'stream-deleted');
});

t.test('a stream that only has metadata can be deleted, and begins at its first revision', async (t) => {
  const { client } = await testStore(t);
  for (const [name, expectedRevision] of [
    ['none', NO_STREAM],
    ['any', ANY],
  ] as const) {
    await client.setStreamMetadata(name, { purpose: 'x' });
    t.equal(await errorOf(client.deleteStream(name, { expectedRevision })), 'none', name);
    t.equal(await errorOf(shown(client, name)), 'stream-not-found');
    t.equal((await append(client, name, event('First'), NO_STREAM)).nextExpectedRevision, 0n);
    t.same(await shown(client, name), ['First@0']);
    t.match((await client.getStreamMetadata(name)).metadata, { purpose: 'x' });
  }
});

t.test('deleting checks the expectation', async (t) => {
  const { client } = await testStore(t);
  await client.appendToStream('kept', events(2));
  t.equal(await errorOf(client.deleteStream('kept', { expectedRevision: 0n })), 'wrong-expected-version');
  t.equal(await errorOf(client.tombstoneStream('kept', { expectedRevision: 0n })), 'wrong-expected-version');
  t.equal(await errorOf(client.deleteStream('missing')), 'wrong-expected-version');
  t.equal(await errorOf(client.tombstoneStream('missing', { expectedRevision: NO_STREAM })), 'none');
  t.same(await shown(client, 'kept'), ['Happened@0', 'Happened@1']);
});

t.test('deleted streams stay deleted after a restart', async (t) => {
  const dataDir = testFolder(t);
  await t.test('before', async (t) => {
    const { client } = await testStore(t, { dataDir });
    await client.appendToStream('soft', events(3));
    await client.deleteStream('soft');
    await client.appendToStream('hard', events(3));
    await client.tombstoneStream('hard');
  });
  const { client } = await testStore(t, { dataDir });
  t.equal(await errorOf(shown(client, 'soft')), 'stream-not-found');
  t.equal(await errorOf(shown(client, 'hard')), 'stream-deleted');
  t.equal((await client.appendToStream('soft', event())).nextExpectedRevision, 3n);
});

t.test('a deletion is an event in the log of all streams', async (t) => {
  const { client } = await testStore(t);
  await client.appendToStream('a', event());
  await client.deleteStream('a');
  await client.appendToStream('b', event());
  await client.tombstoneStream('b');
  const seen: string[] = [];
  for await (const { event: got } of client.readAll())
    seen.push(`${got?.streamId}:${got?.type}@${got?.revision}`);
  t.same(seen, ['a:Happened@0', '$$a:$metadata@0', 'b:Happened@0', 'b:$streamDeleted@9223372036854775807']);
});
