import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BACKWARDS, END, EventStoreDBClient, type Position, START } from '@eventstore/db-client';
import t from 'tap';
import { startEventStore, verifyEventStore } from '../../../src/embedded/event-store/index.js';
import { errorOf, event, shown, testFolder } from './support/test-store.js';

const LIMITS = { segmentBytes: 50_000, preallocatedBytes: 0, compactionDelayMs: 30, indexedInMemoryMax: 200 };
const SECRET = 'left-the-disk';

function bytesOf(dataDir: string): number {
  const log = join(dataDir, 'log');
  return readdirSync(log).reduce((sum, name) => sum + statSync(join(log, name)).size, 0);
}

const isOnDisk = (dataDir: string, text: string): boolean =>
  readdirSync(join(dataDir, 'log')).some((name) => readFileSync(join(dataDir, 'log', name)).includes(text));

async function countAll(client: EventStoreDBClient): Promise<number> {
  let count = 0;
  for await (const { event: got } of client.readAll()) if (got?.streamId !== 'kept-on') count += 1;
  return count;
}

t.test('truncated events are removed from the disk; the others keep their positions', async (t) => {
  const dataDir = testFolder(t);
  const logger = {
    info: () => undefined,
    warn: (fields: object, message: string) => t.comment(message, fields),
    error: (fields: object, message: string) => t.fail(message, fields),
  };
  const store = await startEventStore({ dataDir, limits: LIMITS, logger });
  const client = EventStoreDBClient.connectionString(store.url);
  const text = SECRET.repeat(20);
  for (let i = 0; i < 150; i++) {
    await client.appendToStream('cut', event('Cut', { i, text }));
    await client.appendToStream('kept', event('Kept', { i }));
    await client.appendToStream('gone', event('Gone', { text }));
    await client.appendToStream('newest', event('Newest', { text }));
  }
  const positions = new Map<string, Position | undefined>();
  const readAll = async (options: Parameters<typeof client.readAll>[0] = {}) => {
    const names: string[] = [];
    for await (const { event: got } of client.readAll(options)) {
      const name = `${got?.streamId}@${got?.revision}`;
      names.push(name);
      if (!options.fromPosition) positions.set(name, got?.position);
    }
    return names;
  };
  await readAll();
  const before = bytesOf(dataDir);
  const resumeAt = positions.get('cut@40');
  await client.setStreamMetadata('cut', { truncateBefore: 149 });
  await client.setStreamMetadata('newest', { maxCount: 1 });
  await client.deleteStream('gone');
  await client.appendToStream('cut', event('Cut', { i: 150 }));
  await client.appendToStream('newest', event('Newest', {}));
  await client.setStreamMetadata('cut', { truncateBefore: 150 });
  // The newest event of a stream stays on disk, even of a deleted stream, because it holds the revision. A read shows
  // when compaction has gone through all files.
  while ((await countAll(client)) > 180) await client.appendToStream('kept-on', event());
  t.ok(bytesOf(dataDir) < before * 0.55);

  const kept = Array.from({ length: 150 }, (_, i) => `Kept@${i}`);
  t.same(await shown(client, 'kept'), kept);
  t.same(await shown(client, 'cut'), ['Cut@150']);
  t.same(await shown(client, 'newest'), ['Newest@150']);
  t.equal(await errorOf(shown(client, 'gone')), 'stream-not-found');
  t.equal((await client.appendToStream('gone', event('Gone'))).nextExpectedRevision, 150n);

  const left = await readAll({ fromPosition: resumeAt ?? END });
  t.equal(left[0], 'kept@40', 'reading from a position whose event is gone goes on at the next');
  const bothWays = async () => ({
    before: await readAll({ fromPosition: START }),
    backwards: await readAll({ direction: BACKWARDS, fromPosition: END }),
    after: await readAll({ fromPosition: START }),
  });
  let read = await bothWays();
  // The append to the deleted stream has hidden more events, and these leave the disk later.
  while (read.before.length !== read.after.length) read = await bothWays();
  t.same(read.backwards, [...read.after].reverse());
  for await (const { event: got } of client.readAll()) {
    const name = `${got?.streamId}@${got?.revision}`;
    const known = positions.get(name);
    if (known && known.commit !== got?.position?.commit) t.fail(`${name} moved`);
  }

  await client.dispose();
  await store.stop();
  const report = await verifyEventStore(dataDir);
  t.same(report.problems, []);
  const reopened = await startEventStore({ dataDir, limits: LIMITS });
  const again = EventStoreDBClient.connectionString(reopened.url);
  t.same(await shown(again, 'kept'), kept, 'and after a restart');
  await again.dispose();
  await reopened.stop();
});

t.test('a text that was cut is found nowhere on disk', async (t) => {
  const dataDir = testFolder(t);
  const store = await startEventStore({ dataDir, limits: { ...LIMITS, compactionGarbageShareMin: 0 } });
  const client = EventStoreDBClient.connectionString(store.url);
  await client.appendToStream('a', event('Secret', { text: SECRET }));
  await client.appendToStream('a', event('Public'));
  t.ok(isOnDisk(dataDir, SECRET));
  await client.setStreamMetadata('a', { truncateBefore: 1 });
  // Appends continue during compaction; before each one, compaction may have done a step.
  for (let i = 0; isOnDisk(dataDir, SECRET); i++) {
    if (i > 2_000) {
      t.fail('it is still there');
      break;
    }
    await client.appendToStream('b', event());
  }
  t.same(await shown(client, 'a'), ['Public@1']);
  await client.dispose();
  await store.stop();
});
