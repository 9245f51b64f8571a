import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { EventStoreDBClient } from '@eventstore/db-client';
import t from 'tap';
import { systemClock } from '../../../../src/clock.js';
import { startEventStore } from '../../../../src/embedded/event-store/index.js';
import { DEFAULT_LIMITS } from '../../../../src/embedded/event-store/limits.js';
import { silentLogger } from '../../../../src/embedded/event-store/logger.js';
import { recordRevision, recordStreamName } from '../../../../src/embedded/event-store/storage/record.js';
import { scanSegment } from '../../../../src/embedded/event-store/storage/scan.js';
import type { AppendOutcome } from '../../../../src/embedded/event-store/store/append-outcome.js';
import { EventStore } from '../../../../src/embedded/event-store/store/event-store.js';
import { createGarbageTest, filesWithGarbage } from '../../../../src/embedded/event-store/store/garbage.js';
import { event, testFolder } from '../support/test-store.js';

const LIMITS = {
  segmentBytes: 6_000,
  preallocatedBytes: 0,
  indexedInMemoryMax: 50,
  compactionDelayMs: 3_600_000,
};

t.test(
  'the index leads to all files that hold something of truncated streams, and to no others',
  async (t) => {
    const dataDir = testFolder(t);
    const server = await startEventStore({ dataDir, limits: LIMITS });
    const client = EventStoreDBClient.connectionString(server.url);
    const write = async (stream: string, count: number) => {
      for (let n = 0; n < count; n++)
        await client.appendToStream(stream, event('E', { n, text: 'x'.repeat(200) }));
    };
    await write('early', 40);
    await write('kept', 60);
    await write('aged', 5);
    await write('kept', 30);
    await write('gone', 30);
    await write('early', 1);
    await client.setStreamMetadata('early', { truncateBefore: 30 });
    await client.setStreamMetadata('early', { truncateBefore: 35 });
    await client.tombstoneStream('gone');
    await client.setStreamMetadata('aged', { maxAge: 1 });
    await client.dispose();
    await server.stop();

    const store = EventStore.open({
      dataDir,
      limits: { ...DEFAULT_LIMITS, ...LIMITS },
      logger: silentLogger,
      clock: systemClock,
    });
    t.teardown(() => store.close());
    const nowMs = systemClock.now() + 3_600_000;
    const isGarbage = createGarbageTest(store, nowMs);
    const holding = store.log.segments.filter((segment) => {
      let found = false;
      scanSegment(segment, (buffer, offset) => {
        found ||= isGarbage(buffer, offset);
      });
      return found;
    });
    const streams = ['early', 'gone', 'aged'].flatMap((name) => [name, `$$${name}`]);
    const found = await filesWithGarbage(store, streams, { nowMs, pause: async () => undefined });
    const bases = (files: Iterable<{ base: number }>) =>
      [...files].map(({ base }) => base).sort((a, b) => a - b);
    t.same(bases(found), bases(holding));
    t.ok(found.size > 3 && found.size < store.log.segments.length - 3, `${found.size} files`);
    const early = await filesWithGarbage(store, ['early'], { nowMs, pause: async () => undefined });
    t.ok(early.size > 0 && early.size < found.size);
  },
);

t.test('what hides events counts only when it is on disk', async (t) => {
  let release: () => void = () => undefined;
  let held = Promise.resolve();
  const store = EventStore.open({
    dataDir: testFolder(t),
    limits: { ...DEFAULT_LIMITS, preallocatedBytes: 0 },
    logger: silentLogger,
    clock: systemClock,
    async write(fd, slices, offset) {
      await held;
      return writeSync(fd, Buffer.concat(slices), 0, undefined, offset);
    },
  });
  t.teardown(() => store.close());
  const append = (stream: string, type: string, data: string): Promise<AppendOutcome> =>
    new Promise((resolve) => {
      const added = { id: randomUUID(), type: Buffer.from(type), isJson: true, data: Buffer.from(data) };
      store.append(stream, -2, [{ ...added, metadata: Buffer.alloc(0) }], resolve);
    });
  const garbage = () => {
    const isGarbage = createGarbageTest(store, systemClock.now());
    const found: string[] = [];
    for (const segment of store.log.segments)
      scanSegment(segment, (buffer, offset) => {
        if (isGarbage(buffer, offset))
          found.push(`${recordStreamName(buffer, offset)}@${recordRevision(buffer, offset)}`);
      });
    return found;
  };
  for (let n = 0; n < 3; n++) await append('cut', 'E', '{}');
  await append('newest', 'E', '{}');
  await append('$$newest', '$metadata', '{"$maxCount":1}');
  t.same(garbage(), []);
  held = new Promise((resolve) => {
    release = resolve;
  });
  const pending = [append('$$cut', '$metadata', '{"$tb":2}'), append('newest', 'E', '{}')];
  t.same(garbage(), [], 'the disk may still refuse both');
  release();
  await Promise.all(pending);
  t.same(garbage(), ['cut@0', 'cut@1', 'newest@0']);
});
