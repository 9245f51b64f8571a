import { cpSync, writev } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import t, { type Test } from 'tap';
import { systemChance, systemClock } from '../../src/clock.js';
import { spawnEventStore, startEventStore } from '../../src/embedded/event-store/index.js';
import {
  AppendOutcomeUnknownError,
  type EventLog,
  HistoryChangedError,
  LogUnavailableError,
  type RawEvent,
  RevisionConflictError,
  type StoredEvent,
} from '../../src/ledger/event-log.js';
import type { PlacedEvent } from '../../src/ledger/event-store/read-one.js';
import { createEventStoreLog, type EventStoreLogOptions } from '../../src/ledger/event-store-log.js';
import { testFolder, testStore } from '../embedded/event-store/support/test-store.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { certificateAuthority } from '../support/tls-certificates.js';
import { until } from '../support/until.js';

const event = (data: unknown = {}): StoredEvent => ({
  id: systemChance.uuid(),
  type: 'Something',
  data,
  metadata: { at: 'now' },
});

function logOf(t: Test, url: string, options: Partial<EventStoreLogOptions> = {}): EventLog {
  const log = createEventStoreLog({ ...options, url });
  t.teardown(() => log.close());
  return log;
}

/** The connections of one process to one port share the wait after the server there was away. */
const answers = (log: EventLog) =>
  until(
    () =>
      log.head().then(
        () => true,
        () => false,
      ),
    20,
  );

const urlAt = (port: number) => `esdb://127.0.0.1:${port}?tls=false`;

async function all(log: EventLog, stream: string): Promise<RawEvent[]> {
  const events: RawEvent[] = [];
  for await (const each of log.read(stream)) events.push(each);
  return events;
}

t.test('events come back as they were appended; a repeat answers as the first time', async (t) => {
  const { store } = await testStore(t);
  const log = logOf(t, store.url);
  const events = [event({ text: 'ünï ☃', list: [1, null] }), event({})];
  const first = await log.append('a', events, -1);
  t.match(await log.append('a', events, -1), first);
  const read = await all(log, 'a');
  t.strictSame(
    read.map(({ id, type, data, metadata }) => ({ id, type, data, metadata })),
    events,
  );
  t.equal(read.at(-1)?.position, first.position);
  t.equal(await log.head(), first.position);
  const conflict = await log.append('a', [event()], 0).catch((error: unknown) => error);
  t.ok(conflict instanceof RevisionConflictError);
  t.match(conflict, { expected: 0, actual: 1 });
  await t.rejects(log.append('b', [event()], 0), { name: 'RevisionConflictError', actual: -1 });
  const large = [event({ text: 'x'.repeat(2 ** 20) })];
  await t.rejects(log.append('b', large, -1), {
    name: 'AppendRefusedError',
    type: 'maximum-append-size-exceeded',
  });
  await t.rejects(log.append('b', [event({ n: 1n })], -1), TypeError);
});

t.test('a connection that stalls: every append ends within its time, and a repeat succeeds', async (t) => {
  const { store } = await testStore(t);
  const proxy = await startTcpProxy(store.port);
  t.teardown(() => proxy.close());
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', note);
  t.teardown(() => process.off('unhandledRejection', note));
  const log = logOf(t, urlAt(proxy.port));
  await log.append('warm', [event()], -1);
  proxy.hang();
  const appends = Array.from({ length: 64 }, (_, i) => ({ stream: `s-${i}`, events: [event({ i })] }));
  const outcomes = await Promise.allSettled(
    appends.map(({ stream, events }) => log.append(stream, events, -1, { timeoutMs: 300 })),
  );
  const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : undefined));
  t.ok(reasons.some((reason) => reason instanceof AppendOutcomeUnknownError));
  t.ok(
    reasons.every(
      (reason) => reason instanceof AppendOutcomeUnknownError || reason instanceof LogUnavailableError,
    ),
    'unknown, or known not to have been sent',
  );
  t.ok(reasons.some((reason) => reason.cause.message === 'no answer within 300 ms'));
  proxy.heal();
  for (const { stream, events } of appends) t.match(await log.append(stream, events, -1), { revision: 0 });
  t.strictSame(unhandled, []);
});

t.test('an append waits no longer where no server is found', async (t) => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    silent.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = silent.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const log = logOf(t, `esdb+discover://127.0.0.1:${port}?tls=false`);
  await t.rejects(log.append('a', [event()], -1, { timeoutMs: 200 }), {
    name: 'LogUnavailableError',
    cause: { message: 'no answer within 200 ms' },
  });
});

t.test('clusters, users and certificates are found as the client finds them', async (t) => {
  const { store } = await testStore(t);
  const other = await testStore(t);
  for (const url of [
    `esdb+discover://127.0.0.1:${store.port}?tls=false`,
    `esdb://127.0.0.1:${store.port},127.0.0.1:${store.port}?tls=false`,
    `esdb://somebody:secret@127.0.0.1:${other.store.port}?tls=false`,
  ]) {
    const log = logOf(t, url);
    t.match(await log.append(systemChance.uuid(), [event()], -1), { revision: 0 });
    t.ok((await log.head()) > 0);
  }
});

t.test('a refused login is named by every call', async (t) => {
  const credentials = { username: 'ops', password: 'right' };
  const authority = await certificateAuthority(testFolder(t));
  const { certFile, keyFile } = await authority.issue('good');
  const tls = { certificate: await readFile(certFile), key: await readFile(keyFile) };
  const store = await startEventStore({ dataDir: testFolder(t), credentials, tls });
  const plain = await startEventStore({ dataDir: testFolder(t), credentials });
  t.teardown(() => Promise.all([store.stop(), plain.stop()]));
  const overTls = `127.0.0.1:${store.port}?tls=true&tlsCAFile=${authority.caFile}`;
  t.equal(await logOf(t, `esdb://ops:right@${overTls}`).head(), -1);
  await refusedAs(`esdb://ops:wrong@${overTls}`, 'it refuses the user or the password of EVENTSTORE_URL');
  await refusedAs(
    `esdb://ops:right@127.0.0.1:${plain.port}?tls=false`,
    /^it asks for a user and a password, which its client sends over TLS alone: .* write tls=true/,
  );

  async function refusedAs(url: string, reason: string | RegExp): Promise<void> {
    const log = logOf(t, url);
    const subscribing = async () => {
      const { signal } = new AbortController();
      for await (const _ of log.subscribe({ after: undefined, streamPrefixes: ['a'], signal })) break;
    };
    const calls = [log.head(), all(log, 'a'), log.append('a', [event()], -1), subscribing()];
    for (const answer of await Promise.allSettled(calls))
      t.match(answer, { status: 'rejected', reason: { name: 'LogUnavailableError', reason } });
  }
});

t.test('the store’s own clock decides no append: its deadline is a length of time', async (t) => {
  for (const aheadMs of [-50_000, 50_000]) {
    const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
    const store = await startEventStore({ dataDir: testFolder(t), clock });
    t.teardown(() => store.stop());
    const log = logOf(t, store.url);
    t.match(await log.append('a', [event()], -1, { timeoutMs: 5_000 }), { revision: 0 });
    await log.head();
    const offset = log.clockOffset();
    t.ok(offset && Math.abs(offset.offsetMs - aheadMs) <= offset.uncertaintyMs + 1, 'and it is known');
    const client = EventStoreDBClient.connectionString(store.url);
    t.teardown(() => client.dispose());
    // The client's own append sends a deadline as a point of time, so a clock that is far ahead makes it fail.
    const byItself = client.appendToStream('b', jsonEvent({ type: 'Happened', data: {} }));
    if (aheadMs > 0) await t.rejects(byItself);
    else await byItself;
  }
});

t.test(
  'a process whose clock is a day behind or ahead appends all the same, and reports the difference',
  async (t) => {
    const { store } = await testStore(t);
    for (const aheadMs of [-86_400_000, 86_400_000]) {
      const clock = { ...systemClock, now: () => Date.now() + aheadMs };
      const log = logOf(t, store.url, { clock });
      t.equal(log.clockOffset(), undefined);
      t.match(await log.append(systemChance.uuid(), [event()], -1), { revision: 0 });
      await log.head();
      const offset = log.clockOffset();
      t.ok(offset && Math.abs(offset.offsetMs + aheadMs) <= offset.uncertaintyMs + 1);
      t.ok(offset && offset.uncertaintyMs < 60_000);
    }
  },
);

t.test('a full disk is named, and nothing of the append is kept', async (t) => {
  let full = true;
  const { store } = await testStore(t, {
    write: (fd, slices, offset) =>
      new Promise((resolve, reject) => {
        if (full) reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
        else writev(fd, [...slices], offset, (error, count) => (error ? reject(error) : resolve(count)));
      }),
  });
  const log = logOf(t, store.url);
  for (let i = 0; i < 5; i++) {
    const error = await log.append('a', [event()], -1).catch((thrown: unknown) => thrown);
    t.ok(error instanceof LogUnavailableError);
    t.match(error, { reason: /^the disk is full/ });
  }
  t.match(log.refusal(), /^the disk is full/);
  full = false;
  t.match(await log.append('a', [event()], -1), { revision: 0 });
  t.equal(log.refusal(), undefined);
});

t.test('a read that is cut short throws', async (t) => {
  const { store } = await testStore(t);
  const proxy = await startTcpProxy(store.port);
  t.teardown(() => proxy.close());
  const writer = logOf(t, store.url);
  const text = 'x'.repeat(5_000);
  for (let i = 0; i < 20; i++) {
    const events = Array.from({ length: 50 }, () => event({ text }));
    await writer.append('long', events, i * 50 - 1);
  }
  const cuts: Readonly<Record<string, (log: EventLog) => Promise<unknown>>> = {
    'the log is closed': (log) => log.close(),
    'the connection is given up after failures of others': (log) => {
      proxy.hang();
      const failing = [1, 2, 3].map((i) => log.append(`f-${i}`, [event()], -1, { timeoutMs: 50 }));
      return Promise.allSettled(failing);
    },
  };
  for (const [name, cut] of Object.entries(cuts)) {
    proxy.heal();
    const log = logOf(t, urlAt(proxy.port), { readTimeoutMs: 60_000 });
    let seen = 0;
    const reading = async () => {
      for await (const _ of log.read('long')) {
        seen += 1;
        if (seen === 20) await cut(log);
      }
    };
    await t.rejects(reading(), LogUnavailableError, name);
    t.ok(seen < 1_000, `${seen} of 1,000`);
  }
});

t.test('a frozen store is reported in time', async (t) => {
  const store = await spawnEventStore({ dataDir: testFolder(t) });
  const log = logOf(t, store.url, { headTimeoutMs: 300 });
  t.equal(await log.head(), -1);
  process.kill(store.pid, 'SIGSTOP');
  await t.rejects(log.head(), { name: 'LogUnavailableError', message: /doesn't answer/ });
  process.kill(store.pid, 'SIGCONT');
  t.equal(await log.head(), -1);
  await log.close();
  await store.stop();
});

t.test('the beginning of a stream is truncated, never too far and never back', async (t) => {
  const { store } = await testStore(t);
  const client = EventStoreDBClient.connectionString(store.url);
  t.teardown(() => client.dispose());
  const log = logOf(t, store.url);
  await log.append(
    'a',
    Array.from({ length: 6 }, (_, n) => event({ n })),
    -1,
  );
  await client.setStreamMetadata('a', { maxCount: 100, purpose: 'kept' });
  await t.rejects(log.truncate('a', { before: 5, notPast: 4 }), RangeError);
  await t.rejects(log.truncate('a', { before: -1, notPast: 4 }), RangeError);
  const revisions = async () => (await all(log, 'a')).map(({ revision }) => revision);
  t.strictSame(await revisions(), [0, 1, 2, 3, 4, 5]);
  await Promise.all([2, 4, 3].map((before) => log.truncate('a', { before, notPast: 4 })));
  t.strictSame(await revisions(), [4, 5]);
  await log.truncate('a', { before: 1, notPast: 5 });
  t.strictSame(await revisions(), [4, 5]);
  t.match((await client.getStreamMetadata('a')).metadata, {
    truncateBefore: 4,
    maxCount: 100,
    purpose: 'kept',
  });
});

t.test('an older copy of the log put back under a running process is noticed', async (t) => {
  for (const writtenSince of [0, 3, 40]) {
    const root = testFolder(t);
    const [dataDir, copy] = [join(root, 'now'), join(root, 'copy')];
    let store = await startEventStore({ dataDir });
    const reported: HistoryChangedError[] = [];
    const log = logOf(t, store.url, { onHistoryChanged: (error) => void reported.push(error) });
    await log.append('a', [event(), event()], -1);
    await log.head();
    await store.stop();
    cpSync(dataDir, copy, { recursive: true });
    const { port } = store;
    store = await startEventStore({ dataDir, port });
    const newer = logOf(t, store.url);
    await newer.append('a', [event({ text: 'x'.repeat(500) })], 1);
    await until(async () => (await log.head().catch(() => -1)) === (await newer.head()), 20);
    t.strictSame(reported, [], 'a restart alone is no change');
    await store.stop();
    // The log learns that its connection was lost.
    await t.rejects(log.append('c', [event()], -1), LogUnavailableError);
    store = await startEventStore({ dataDir: copy, port });
    const elsewhere = logOf(t, store.url);
    for (let i = 0; i < writtenSince; i++) await elsewhere.append('b', [event({ i })], i - 1);
    let error: unknown;
    while (!(error instanceof HistoryChangedError)) {
      error = await log.append('c', [event()], -1).catch((thrown: unknown) => thrown);
      if (!(error instanceof Error)) throw new Error('it was appended to the older copy');
      await systemClock.sleep(20);
    }
    t.match(error, { message: /no longer holds the history/ });
    t.strictSame(reported, [error], 'the error is reported once');
    await t.rejects(log.append('a', [event()], 1), HistoryChangedError);
    await t.rejects(all(log, 'a'), HistoryChangedError);
    t.strictSame(await all(elsewhere, 'c'), [], 'nothing went into the copy');
    await elsewhere.close();
    await newer.close();
    await store.stop();
  }
});

t.test('a process that was idle while an older copy replaced the log appends nothing to it', async (t) => {
  const root = testFolder(t);
  const [dataDir, copy] = [join(root, 'now'), join(root, 'copy')];
  let store = await startEventStore({ dataDir });
  const { port } = store;
  const first = logOf(t, store.url);
  await first.append('a', [event()], -1);
  await store.stop();
  cpSync(dataDir, copy, { recursive: true });
  store = await startEventStore({ dataDir, port });
  // It neither reads nor subscribes, so that only its own append can tell it of the new connection.
  const idle = logOf(t, store.url);
  await idle.append('a', [event()], 0);
  await store.stop();
  store = await startEventStore({ dataDir: copy, port });
  const appendAgain = async (stream: string): Promise<unknown> => {
    const answer = await idle.append(stream, [event()], -1).catch((error: unknown) => error);
    // The first may still be sent over the old connection.
    return answer instanceof AppendOutcomeUnknownError ? appendAgain(stream) : answer;
  };
  const streams = ['b', 'c', 'd'];
  for (const answer of await Promise.all(streams.map(appendAgain))) t.match(answer, HistoryChangedError);
  const elsewhere = logOf(t, store.url);
  for (const stream of streams) t.strictSame(await all(elsewhere, stream), [], 'nothing went into the copy');
  await elsewhere.close();
  await store.stop();
});

t.test('a process recognizes the log at its start by the newest event that was remembered', async (t) => {
  const root = testFolder(t);
  const [dataDir, copy] = [join(root, 'now'), join(root, 'copy')];
  let store = await startEventStore({ dataDir });
  const { port } = store;
  let remembered: PlacedEvent | undefined;
  const memory = () => ({
    remembered,
    async remember(newest: PlacedEvent) {
      remembered = newest;
    },
  });
  const before = logOf(t, store.url, { memory: memory() });
  await before.append('a', [event()], -1);
  const copied = await before.head();
  await until(() => remembered?.commit === copied, 20);
  cpSync(dataDir, copy, { recursive: true, filter: (file) => !file.endsWith('lock') });
  await before.append('a', [event(), event()], 0);
  const end = await before.head();
  // Closing stores what the last check has seen.
  await before.close();
  t.equal(remembered?.commit, end);
  await store.stop();

  for (const writtenSince of [0, 2, 40]) {
    const other = join(root, `other-${writtenSince}`);
    cpSync(copy, other, { recursive: true });
    store = await startEventStore({ dataDir: other, port });
    const elsewhere = logOf(t, store.url);
    await answers(elsewhere);
    for (let i = 0; i < writtenSince; i++) await elsewhere.append('a', [event()], i);
    t.equal((await elsewhere.head()) > end, writtenSince === 40, 'shorter, of the same length, longer');
    const stale = logOf(t, store.url, { memory: memory() });
    await t.rejects(stale.append('c', [event()], -1), HistoryChangedError);
    t.strictSame(await all(elsewhere, 'c'), [], 'nothing went into the copy');
    await stale.close();
    await elsewhere.close();
    await store.stop();
  }
  t.equal(remembered?.commit, end, 'nothing of the copies is remembered');

  store = await startEventStore({ dataDir, port });
  const after = logOf(t, store.url, { memory: memory() });
  await answers(after);
  t.match(await after.append('a', [event()], 2), { revision: 3 }, 'the own log is taken as before');
  // The database was put back to an older time, under a newer log.
  remembered = { commit: copied, prepare: copied, id: (await all(after, 'a'))[0]?.id ?? '' };
  const later = logOf(t, store.url, { memory: memory() });
  t.match(await later.append('a', [event()], 3), { revision: 4 });
  await later.close();
  await after.close();
  await store.stop();
});
