import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import t from 'tap';
import {
  copyEventStore,
  startEventStore,
  verifyEventStore,
} from '../../../../src/embedded/event-store/index.js';
import { errorOf, event, events, shown, testFolder, testStore } from '../support/test-store.js';

interface Seen {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
}

async function everything(client: EventStoreDBClient): Promise<Map<string, Seen>> {
  const seen = new Map<string, Seen>();
  for await (const { event: got } of client.readAll()) {
    if (!got) continue;
    const { id, type, data, metadata } = got;
    seen.set(`${got.streamId}@${got.revision}`, { id, type, data, metadata });
  }
  return seen;
}

/** Whether the disk still has one of the first `count` events of a stream. */
async function stillHolds(client: EventStoreDBClient, stream: string, count: number): Promise<boolean> {
  const held = await everything(client);
  return Array.from({ length: count }, (_, i) => `${stream}@${i}`).some((name) => held.has(name));
}

t.test('a copy has the same names, revisions, ids, types, data and metadata', async (t) => {
  const from = testFolder(t);
  const source = await startEventStore({
    dataDir: from,
    limits: { segmentBytes: 20_000, compactionDelayMs: 20, compactionGarbageShareMin: 0 },
  });
  const writer = EventStoreDBClient.connectionString(source.url);
  for (let i = 0; i < 60; i++) await writer.appendToStream('cut', event('Cut', { i, text: 'x'.repeat(500) }));
  await writer.appendToStream('whole', [
    jsonEvent({ type: 'Spaced', data: { ünï: [1.5, null] }, metadata: { $correlationId: 'c' } }),
    ...events(4),
  ]);
  await writer.appendToStream('deleted', events(2));
  await writer.deleteStream('deleted');
  await writer.appendToStream('again', events(3));
  await writer.deleteStream('again');
  await writer.appendToStream('again', event('Again'));
  await writer.appendToStream('gone', events(2));
  await writer.tombstoneStream('gone');
  await writer.setStreamMetadata('cut', { truncateBefore: 58, custom: 1 });
  // Waits until compaction has removed the truncated events from disk.
  while (await stillHolds(writer, 'cut', 58)) await writer.appendToStream('noise', event());
  const expected = await everything(writer);
  await writer.dispose();
  await source.stop();

  const target = await testStore(t);
  const report = await copyEventStore({ from, to: target.store.url });
  t.ok(report.placeholders >= 58, `${report.placeholders} truncated events are stood in for`);
  const copied = await everything(target.client);
  for (const [name, seen] of expected) {
    const found = copied.get(name);
    // The target itself writes the metadata that opens a deleted stream again.
    if (name === '$$again@1') t.same(found?.data, seen.data);
    // Compaction may have removed events of a stream that was deleted for good before it was copied.
    else if (name.startsWith('gone@')) continue;
    else t.same(found, seen, name);
  }
  t.same(await shown(target.client, 'cut'), ['Cut@58', 'Cut@59'], 'placeholders are truncated again');
  t.same(await shown(target.client, 'again'), ['Again@3']);
  t.equal(await errorOf(shown(target.client, 'deleted')), 'stream-not-found');
  t.equal(await errorOf(shown(target.client, 'gone')), 'stream-deleted');

  const before = (await target.store.statistics()).events;
  await copyEventStore({ from, to: target.store.url });
  t.equal((await target.store.statistics()).events, before, 'a second copy adds nothing');
});

t.test('different content under one name is reported as a conflict', async (t) => {
  const source = await testStore(t);
  await source.client.appendToStream('a', event('One'));
  const target = await testStore(t);
  await target.client.appendToStream('a', event('Other'));
  t.match(
    await errorOf(copyEventStore({ from: source.store.url, to: target.store.url })),
    /refused a from revision 0/,
  );
});

t.test('the copy of an unchanged store is complete', async (t) => {
  const dataDir = testFolder(t);
  const store = await startEventStore({ dataDir });
  t.match(await errorOf(verifyEventStore(dataDir)), /is in use/);
  await store.stop();
  t.match(await verifyEventStore(dataDir), { whole: true, events: 0, problems: [] });
  t.match(await errorOf(verifyEventStore(`${dataDir}/none`)), /holds no event store/);
});
