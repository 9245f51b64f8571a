import {
  appendFileSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { EventStoreDBClient, NO_STREAM } from '@eventstore/db-client';
import t, { type Test } from 'tap';
import {
  DamagedLogError,
  FolderInUseError,
  startEventStore,
  verifyEventStore,
} from '../../../src/embedded/event-store/index.js';
import { silentLogger } from '../../../src/embedded/event-store/logger.js';
import { append, errorOf, event, events, shown, testFolder, testStore } from './support/test-store.js';

/** Fills a store and stops it. */
async function filled(t: Test, dataDir: string, appends = 30): Promise<void> {
  const store = await startEventStore({ dataDir });
  const client = EventStoreDBClient.connectionString(store.url);
  for (let i = 0; i < appends; i++) await client.appendToStream(`s-${i % 5}`, events(2));
  await client.dispose();
  await store.stop();
  t.equal(readdirSync(join(dataDir, 'log')).filter((name) => name.endsWith('.log')).length, 1);
}

function logFile(dataDir: string): string {
  const name = readdirSync(join(dataDir, 'log')).find((each) => each.endsWith('.log'));
  return join(dataDir, 'log', name ?? '');
}

function flipBit(path: string, offset: number, bit = 4): void {
  const fd = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, offset);
  byte[0] = (byte[0] ?? 0) ^ bit;
  writeSync(fd, byte, 0, 1, offset);
  closeSync(fd);
}

async function countAll(client: EventStoreDBClient): Promise<number> {
  let count = 0;
  for await (const _ of client.readAll()) count += 1;
  return count;
}

t.test('all events are there after a restart, with their positions', async (t) => {
  const dataDir = testFolder(t);
  const first = await startEventStore({ dataDir });
  const writer = EventStoreDBClient.connectionString(first.url);
  const batch = events(3);
  const { position } = await append(writer, 'a', batch, NO_STREAM);
  const anyhow = event();
  await writer.appendToStream('b', anyhow);
  await writer.dispose();
  await first.stop();
  await first.stop();
  const { client, store } = await testStore(t, { dataDir });
  t.same((await append(client, 'a', batch, NO_STREAM)).position, position, 'a repeat is still recognised');
  t.equal((await client.appendToStream('b', anyhow)).nextExpectedRevision, 0n, 'without an expectation too');
  t.match(await store.statistics(), { events: 4, streams: 2 });
});

t.test('a torn last write and unused space are cut off, and the log continues there', async (t) => {
  for (const tear of ['cut', 'garbage', 'room', 'cut before room'] as const) {
    const dataDir = testFolder(t);
    await filled(t, dataDir);
    rmSync(join(dataDir, 'head'));
    rmSync(join(dataDir, 'index'), { recursive: true });
    const path = logFile(dataDir);
    const isCut = tear.startsWith('cut');
    if (isCut) truncateSync(path, statSync(path).size - 7);
    if (tear === 'garbage') appendFileSync(path, Buffer.alloc(333, 0x5a));
    if (tear.endsWith('room')) appendFileSync(path, Buffer.alloc(70_000));
    const report = await verifyEventStore(dataDir);
    t.same(report.problems, []);
    t.match(report.notes, [
      /head is missing/,
      ...(tear === 'room' ? [] : [/the last write was torn at byte/]),
    ]);
    t.equal(report.events, isCut ? 58 : 60, 'the half of an append doesn’t count');
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (_fields: object, message: string) => warnings.push(message) };
    const { client } = await testStore(t, { dataDir, logger });
    t.match(warnings, tear === 'room' ? [] : [/the last write before a crash was cut off/]);
    // Cutting into the last append takes both of its events: an append is there as a whole or not at all.
    t.equal(await countAll(client), isCut ? 58 : 60);
    await client.appendToStream('s-4', event('After'));
    t.equal((await shown(client, 's-4')).at(-1), isCut ? 'After@10' : 'After@12');
  }
});

t.test('a flipped bit is refused, with its position', async (t) => {
  for (const share of [0.1, 0.5, 0.95]) {
    const dataDir = testFolder(t);
    await filled(t, dataDir);
    const path = logFile(dataDir);
    const offset = Math.floor(statSync(path).size * share);
    flipBit(path, offset);
    const error = await startEventStore({ dataDir }).then(
      async (store) => void (await store.stop()),
      (thrown: unknown) => thrown,
    );
    t.ok(error instanceof DamagedLogError);
    const refusal = error instanceof Error ? error.message : '';
    const where = /damaged at byte (\d+)/.exec(refusal);
    const at = Number(where?.[1]);
    t.ok(at <= offset && at > offset - 1000, `${offset} lies in the event at byte ${at}`);
    t.match(error, { message: path });
    t.match(await verifyEventStore(dataDir), { whole: false, problems: [refusal] }, 'in the same words');
  }
});

t.test('a flipped bit is distinguished from a torn write without a record of the log’s end', async (t) => {
  // The last offsets are in the newest event: its closing length, its text and its checksum.
  for (const fromEnd of ['half', 4, 60, 'checksum', 'a closing length'] as const) {
    const dataDir = testFolder(t);
    await filled(t, dataDir);
    rmSync(join(dataDir, 'head'));
    rmSync(join(dataDir, 'index'), { recursive: true });
    const path = logFile(dataDir);
    const { size } = statSync(path);
    const newest = size - readFileSync(path).readUInt32LE(size - 4);
    if (fromEnd === 'checksum') flipBit(path, newest + 5);
    else if (fromEnd === 'a closing length') {
      // One byte of it becomes 0, as if it had not arrived, but the next event of the same append did.
      flipBit(path, newest - 4, readFileSync(path)[newest - 4]);
    } else flipBit(path, fromEnd === 'half' ? Math.floor(size / 2) : size - fromEnd);
    const report = await verifyEventStore(dataDir);
    t.match(report, { whole: false, problems: [/damaged at byte/], notes: [/head is missing/] });
    t.equal(await errorOf(startEventStore({ dataDir })), report.problems[0]);
  }
});

t.test('a write of which the disk has all but one sector is cut off', async (t) => {
  const dataDir = testFolder(t);
  const store = await startEventStore({ dataDir });
  const client = EventStoreDBClient.connectionString(store.url);
  await client.appendToStream('a', event('Kept'));
  await client.appendToStream('a', event('Torn', { text: 'x'.repeat(3_000) }));
  await client.dispose();
  await store.stop();
  for (const name of ['head', 'index']) rmSync(join(dataDir, name), { recursive: true });
  const path = logFile(dataDir);
  const bytes = readFileSync(path);
  const sector = 512 * Math.floor((bytes.length - 1_500) / 512);
  writeFileSync(path, bytes.fill(0, sector, sector + 512));
  t.match((await verifyEventStore(dataDir)).notes, [/head is missing/, /the last write was torn at byte/]);
  const { client: reader } = await testStore(t, { dataDir });
  t.same(await shown(reader, 'a'), ['Kept@0']);
});

t.test('an event that lies at another position than its own is refused', async (t) => {
  const dataDir = testFolder(t);
  await filled(t, dataDir);
  for (const name of ['head', 'index']) rmSync(join(dataDir, name), { recursive: true });
  const path = logFile(dataDir);
  const bytes = readFileSync(path);
  appendFileSync(path, bytes.subarray(64, 64 + bytes.readUInt32LE(64)));
  t.match(await errorOf(startEventStore({ dataDir })), `damaged at byte ${bytes.length}`);
});

t.test('missing data is refused', async (t) => {
  const dataDir = testFolder(t);
  const store = await startEventStore({ dataDir, limits: { segmentBytes: 5_000 } });
  const client = EventStoreDBClient.connectionString(store.url);
  for (let i = 0; i < 40; i++) await client.appendToStream('a', events(2));
  await client.dispose();
  await store.stop();
  const files = readdirSync(join(dataDir, 'log')).filter((name) => name.endsWith('.log'));
  t.ok(files.length > 3);
  t.test('the end of the log', async (t) => {
    const last = join(dataDir, 'log', files.at(-1) ?? '');
    truncateSync(last, 64);
    const { problems } = await verifyEventStore(dataDir);
    t.match(problems, [/log is damaged: events from position \d+ to \d+ are missing/]);
    t.equal(await errorOf(startEventStore({ dataDir })), problems[0]);
  });
  t.test('a file in the middle', async (t) => {
    rmSync(join(dataDir, 'log', files[1] ?? ''));
    const { problems } = await verifyEventStore(dataDir);
    t.match(problems[0], /are missing before/);
    t.equal(await errorOf(startEventStore({ dataDir })), problems[0]);
  });
  t.test('all files', async (t) => {
    for (const name of readdirSync(join(dataDir, 'log'))) rmSync(join(dataDir, 'log', name));
    const { problems } = await verifyEventStore(dataDir);
    t.match(problems, [/events from position 64 to \d+ are missing/]);
    t.equal(await errorOf(startEventStore({ dataDir })), problems[0]);
  });
});

t.test('a lost or broken index is made again from the log', async (t) => {
  const limits = { indexedInMemoryMax: 64, segmentBytes: 20_000 };
  for (const harm of ['lost', 'broken'] as const) {
    const dataDir = testFolder(t);
    const store = await startEventStore({ dataDir, limits });
    const writer = EventStoreDBClient.connectionString(store.url);
    for (let i = 0; i < 200; i++) await writer.appendToStream(`s-${i % 20}`, events(2));
    const before = await shown(writer, 's-7');
    await writer.dispose();
    await store.stop();
    const index = join(dataDir, 'index');
    if (harm === 'lost') rmSync(index, { recursive: true });
    else {
      const file = readdirSync(index).find((name) => name.endsWith('.idx')) ?? '';
      flipBit(join(index, file), statSync(join(index, file)).size - 60);
    }
    const report = await verifyEventStore(dataDir);
    t.match(report, { whole: true, events: 400, notes: harm === 'lost' ? [] : [/makes the index again/] });
    const reopened = await testStore(t, { dataDir, limits });
    t.same(await shown(reopened.client, 's-7'), before);
    t.match(await reopened.store.statistics(), { events: 400, streams: 20 });
  }
});

t.test('an index that leads to other events is found and can be removed', async (t) => {
  const dataDir = testFolder(t);
  await filled(t, dataDir);
  const index = join(dataDir, 'index');
  // The last byte of an entry belongs to its position.
  flipBit(join(index, readdirSync(index).find((name) => name.endsWith('.idx')) ?? ''), 27);
  t.match((await verifyEventStore(dataDir)).problems, [
    /not in the index at its position; remove the folder index/,
  ]);
  rmSync(index, { recursive: true });
  t.match(await verifyEventStore(dataDir), { whole: true, events: 60 });
});

t.test('a folder belongs to one process', async (t) => {
  const { dataDir } = await testStore(t);
  const error = await startEventStore({ dataDir }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  t.ok(error instanceof FolderInUseError);
  t.match(error, { message: new RegExp(`${dataDir} is in use by process ${process.pid}`) });
});

t.test('a disk that fails refuses appends, loses nothing and recovers', async (t) => {
  const { writev } = await import('node:fs');
  let failing: 'no' | 'full' | 'partly' = 'no';
  const { client, store } = await testStore(t, {
    write: (fd, slices, offset) =>
      new Promise((resolve, reject) => {
        if (failing === 'full') {
          reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
          return;
        }
        if (failing === 'partly') failing = 'full';
        const some = failing === 'full' ? [slices[0]?.subarray(0, 40) ?? Buffer.alloc(0)] : [...slices];
        writev(fd, some, offset, (error, written) => (error ? reject(error) : resolve(written)));
      }),
  });
  await client.appendToStream('a', events(2));
  const known = event('Known');
  await client.appendToStream('known', known);
  for (const kind of ['full', 'partly'] as const) {
    failing = kind;
    const refused = await Promise.allSettled([
      client.appendToStream('a', event('Lost')),
      client.appendToStream('b', event('Lost')),
      client.appendToStream('known', known, { expectedRevision: 0n }),
      client.appendToStream('a', event('Lost'), { credentials: { username: 'a', password: 'b' } }),
    ]);
    for (const each of refused) t.match(each, { status: 'rejected', reason: { message: /disk is full/ } });
    t.same(await shown(client, 'a'), ['Happened@0', 'Happened@1'], 'reading goes on');
    t.equal(await errorOf(shown(client, 'b')), 'stream-not-found');
  }
  failing = 'no';
  t.equal((await append(client, 'a', event('Kept'), 1n)).nextExpectedRevision, 2n);
  t.equal((await append(client, 'b', event('Kept'), NO_STREAM)).nextExpectedRevision, 0n);
  t.equal((await client.appendToStream('known', known)).nextExpectedRevision, 0n, 'a repeat is recognised');
  t.match(await store.statistics(), { events: 5, streams: 3 });
});
