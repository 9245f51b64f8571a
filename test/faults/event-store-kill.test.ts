import { EventStoreDBClient, NO_STREAM } from '@eventstore/db-client';
import t from 'tap';
import { spawnEventStore, verifyEventStore } from '../../src/embedded/event-store/index.js';
import { event, events, testFolder } from '../embedded/event-store/support/test-store.js';
import { until } from '../support/until.js';

/**
 * Goal: what the store acknowledged survives `kill -9`, no event is stored twice, and no stream has a gap. Method:
 * writers append with expected revisions while the process is killed repeatedly. A writer without an answer repeats the
 * same events with the same expected revision. At the end the whole log is compared with what was acknowledged.
 */
const KILLS = process.env.OPSLEDGER_LONG ? 100 : 10;
const WRITERS = 16;
/** How many appends are acknowledged between two kills, so that each kill hits a store under load. */
const APPENDS_PER_KILL = 150;

t.test(`${KILLS} kills under load`, { timeout: 60_000 + KILLS * 10_000 }, async (t) => {
  const dataDir = testFolder(t);
  const limits = { segmentBytes: 200_000, indexedInMemoryMax: 300 };
  const store = await spawnEventStore({ dataDir, limits });
  const acknowledged = new Map<string, string>();
  let acknowledgements = 0;
  let progressed: () => void = () => undefined;
  let done = false;

  async function appendSurely(client: () => EventStoreDBClient, stream: string, revision: number) {
    const batch = events(1 + (revision % 3));
    const expectedRevision = revision === 0 ? NO_STREAM : BigInt(revision - 1);
    while (!done) {
      try {
        // This client uses the Append call, so each attempt has a deadline of its own.
        await client().appendToStream(stream, batch, {
          expectedRevision,
          credentials: { username: 'a', password: 'b' },
          deadline: 2_000,
        });
        for (const [i, { id }] of batch.entries()) acknowledged.set(`${stream}@${revision + i}`, id);
        acknowledgements += 1;
        progressed();
        return revision + batch.length;
      } catch (error) {
        if (error instanceof Error && error.name === 'WrongExpectedVersionError') throw error;
        if (typeof error === 'object' && error && 'type' in error && error.type === 'wrong-expected-version')
          throw error;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    return revision;
  }

  const writers = Array.from({ length: WRITERS }, async (_, w) => {
    let current = EventStoreDBClient.connectionString(store.url);
    let revision = 0;
    for (let n = 0; !done; n++) {
      revision = await appendSurely(() => current, `w-${w}`, revision);
      if (n % 40 === 39) {
        await current.dispose();
        current = EventStoreDBClient.connectionString(store.url);
      }
    }
    await current.dispose();
  });

  for (let kill = 0; kill < KILLS; kill++) {
    const target = acknowledgements + APPENDS_PER_KILL;
    while (acknowledgements < target) {
      await new Promise<void>((resolve) => {
        progressed = resolve;
      });
    }
    process.kill(store.pid, 'SIGKILL');
  }
  const target = acknowledgements + APPENDS_PER_KILL;
  while (acknowledgements < target) {
    await new Promise<void>((resolve) => {
      progressed = resolve;
    });
  }
  done = true;
  await Promise.all(writers);

  const reader = EventStoreDBClient.connectionString(store.url);
  const seen = new Map<string, string>();
  const ids = new Set<string>();
  const next = new Map<string, bigint>();
  for await (const { event: got } of reader.readAll()) {
    if (!got) continue;
    if (got.revision !== (next.get(got.streamId) ?? 0n))
      t.fail(`a gap before ${got.streamId}@${got.revision}`);
    next.set(got.streamId, got.revision + 1n);
    if (ids.has(got.id)) t.fail(`${got.streamId}@${got.revision} is there twice`);
    ids.add(got.id);
    seen.set(`${got.streamId}@${got.revision}`, got.id);
  }
  let lost = 0;
  for (const [name, id] of acknowledged) if (seen.get(name) !== id) lost += 1;
  t.equal(lost, 0, `of ${acknowledged.size} acknowledged events none is lost`);
  t.comment(`${KILLS} kills, ${acknowledgements} appends, ${seen.size} events`);
  await reader.appendToStream('after', event());
  await reader.dispose();
  await store.stop();
  const report = await verifyEventStore(dataDir);
  t.same(report.problems, []);
});

t.test('a signal to the process group doesn’t end the store; its parent does', async (t) => {
  const store = await spawnEventStore({ dataDir: testFolder(t) });
  const { pid } = store;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.kill(pid, signal);
  const client = EventStoreDBClient.connectionString(store.url);
  for (let n = 0; n < 20; n++) await client.appendToStream('s', event());
  await client.dispose();
  t.equal(store.pid, pid, 'it goes on, and is not replaced');
  await store.stop();
});

t.test('a killed store is started again on the same port', async (t) => {
  const dataDir = testFolder(t);
  const first = await spawnEventStore({ dataDir });
  const { pid } = first;
  process.kill(pid, 'SIGKILL');
  const client = EventStoreDBClient.connectionString(first.url);
  const subscription = client.subscribeToAll();
  subscription.on('error', () => undefined);
  // The supervisor starts the store again on the same port, and the client goes on with a new call.
  await until(() => client.appendToStream('a', event()).catch(() => false as const), 0);
  t.not(first.pid, pid);
  await client.dispose();
  await first.stop();
  await first.stop();
  t.match(await verifyEventStore(dataDir), { whole: true, events: 1 });
});
