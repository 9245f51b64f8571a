import {
  type AllStreamSubscription,
  END,
  type EventStoreDBClient,
  eventTypeFilter,
  excludeSystemEvents,
  START,
  type StreamSubscription,
  streamNameFilter,
} from '@eventstore/db-client';
import t from 'tap';
import { errorOf, event, events, testStore } from './support/test-store.js';

/** Collects the messages of a subscription and waits until there are some. */
function watch(subscription: StreamSubscription | AllStreamSubscription) {
  const received: string[] = [];
  let moved: () => void = () => undefined;
  const note = (what: string) => {
    received.push(what);
    moved();
  };
  subscription.on('error', (error: unknown) =>
    note(`error:${typeof error === 'object' && error !== null && 'type' in error ? error.type : error}`),
  );
  subscription.on('confirmation', () => note('confirmed'));
  subscription.on('caughtUp', () => note('caughtUp'));
  subscription.on('data', ({ event: got }) => note(`${got?.type}@${got?.revision}`));
  return {
    received,
    async until(what: string): Promise<void> {
      while (!received.includes(what)) {
        await new Promise<void>((resolve) => {
          moved = resolve;
        });
      }
    },
    end: () => subscription.unsubscribe(),
  };
}

t.test('a subscription sends the history, then that it has caught up, then live events', async (t) => {
  const { client } = await testStore(t);
  await client.appendToStream('a', events(2, 'Old'));
  const fromStart = watch(client.subscribeToStream('a', { fromRevision: START }));
  const fromEnd = watch(client.subscribeToStream('a', { fromRevision: END }));
  const after = watch(client.subscribeToStream('a', { fromRevision: 0n }));
  for (const each of [fromStart, fromEnd, after]) await each.until('caughtUp');
  await client.appendToStream('a', event('Live'));
  for (const each of [fromStart, fromEnd, after]) await each.until('Live@2');
  t.same(fromStart.received, ['confirmed', 'Old@0', 'Old@1', 'caughtUp', 'Live@2']);
  t.same(fromEnd.received, ['confirmed', 'caughtUp', 'Live@2']);
  t.same(after.received, ['confirmed', 'Old@1', 'caughtUp', 'Live@2']);
  for (const each of [fromStart, fromEnd, after]) await each.end();
});

t.test('a subscription to a stream that is created later, deleted, continued and tombstoned', async (t) => {
  const { client } = await testStore(t);
  const seen = watch(client.subscribeToStream('later'));
  await seen.until('caughtUp');
  await client.appendToStream('later', event('First'));
  await client.deleteStream('later');
  await client.appendToStream('later', event('Second'));
  await seen.until('Second@1');
  await client.tombstoneStream('later');
  await seen.until('error:stream-deleted');
  t.same(seen.received, [
    'confirmed',
    'caughtUp',
    'First@0',
    'Second@1',
    '$streamDeleted@9223372036854775807',
    'error:stream-deleted',
  ]);
  t.equal(await errorOf(firstOf(client, 'later')), 'stream-deleted');
});

async function firstOf(client: EventStoreDBClient, stream: string): Promise<void> {
  for await (const _ of client.subscribeToStream(stream)) return;
}

t.test('all streams, by every kind of filter', async (t) => {
  const { client } = await testStore(t);
  await client.appendToStream('keep-1', [event('Wanted'), event('Other')]);
  await client.appendToStream('drop-1', event('Wanted'));
  const watched = {
    prefix: watch(client.subscribeToAll({ filter: streamNameFilter({ prefixes: ['keep-', 'also-'] }) })),
    regex: watch(client.subscribeToAll({ filter: streamNameFilter({ regex: '^k.*-[0-9]$' }) })),
    type: watch(client.subscribeToAll({ filter: eventTypeFilter({ prefixes: ['Want'] }) })),
    noSystem: watch(client.subscribeToAll({ filter: excludeSystemEvents() })),
  };
  for (const each of Object.values(watched)) await each.until('caughtUp');
  await client.setStreamMetadata('keep-1', { maxCount: 10 });
  await client.appendToStream('keep-1', event('Last'));
  await client.appendToStream('drop-1', event('WantedLast'));
  await watched.prefix.until('Last@2');
  await watched.regex.until('Last@2');
  await watched.type.until('WantedLast@1');
  await watched.noSystem.until('WantedLast@1');
  const of = (each: { received: string[] }) => each.received.filter((what) => what.includes('@'));
  t.same(of(watched.prefix), ['Wanted@0', 'Other@1', 'Last@2']);
  t.same(of(watched.regex), ['Wanted@0', 'Other@1', 'Last@2']);
  t.same(of(watched.type), ['Wanted@0', 'Wanted@0', 'WantedLast@1']);
  t.same(of(watched.noSystem), ['Wanted@0', 'Other@1', 'Wanted@0', 'Last@2', 'WantedLast@1']);
  for (const each of Object.values(watched)) await each.end();
});

t.test('a subscription starts after its position, and a wrong position is refused', async (t) => {
  const { client } = await testStore(t);
  const { position } = await client.appendToStream('a', event('One'));
  await client.appendToStream('a', event('Two'));
  const seen = watch(client.subscribeToAll({ fromPosition: position ?? START }));
  await seen.until('caughtUp');
  t.same(seen.received, ['confirmed', 'Two@1', 'caughtUp']);
  await seen.end();
  const beside = (position?.commit ?? 0n) + 1n;
  const wrong = watch(client.subscribeToAll({ fromPosition: { commit: beside, prepare: beside } }));
  await wrong.until('error:unknown');
});

t.test('while nothing matches, checkpoints report the position', async (t) => {
  const { client } = await testStore(t);
  const points: bigint[] = [];
  let moved: () => void = () => undefined;
  const filter = streamNameFilter({
    prefixes: ['none-'],
    checkpointInterval: 1,
    maxSearchWindow: 10,
    checkpointReached: (_subscription, { commit }) => {
      points.push(commit);
      moved();
    },
  });
  const until = async (commit: bigint) => {
    while ((points.at(-1) ?? -1n) < commit) {
      await new Promise<void>((resolve) => {
        moved = resolve;
      });
    }
  };
  const before = await client.appendToStream('noise', events(25));
  const seen = watch(client.subscribeToAll({ filter }));
  await until(before.position?.commit ?? 0n);
  t.ok(points.length >= 3, 'two on the way and one at the end of history');
  await seen.until('caughtUp');
  const later = await client.appendToStream('noise', events(10));
  await until(later.position?.commit ?? 0n);
  t.same(
    points,
    [...points].sort((a, b) => (a < b ? -1 : 1)),
  );
  await seen.end();
  const resumed = watch(
    client.subscribeToAll({ fromPosition: { commit: points.at(-1) ?? 0n, prepare: points.at(-1) ?? 0n } }),
  );
  await resumed.until('caughtUp');
  t.same(resumed.received, ['confirmed', 'caughtUp'], 'and a subscription can go on from one');
  await resumed.end();
});

t.test('checkpoints are sent between live events that all match', async (t) => {
  const { client } = await testStore(t);
  const points: bigint[] = [];
  const filter = streamNameFilter({
    prefixes: ['wanted'],
    checkpointInterval: 1,
    maxSearchWindow: 2,
    checkpointReached: (_subscription, { commit }) => void points.push(commit),
  });
  const seen = watch(client.subscribeToAll({ filter }));
  await seen.until('caughtUp');
  const positions: bigint[] = [];
  for (let i = 0; i < 12; i++) {
    const { position } = await client.appendToStream('wanted', event('Live'));
    positions.push(position?.commit ?? -1n);
    await seen.until(`Live@${i}`);
  }
  // Every second event is followed by a checkpoint; the last checkpoint may still be on its way.
  t.ok(points.length >= 5, `${points.length} checkpoints`);
  t.same(points, positions.filter((_, i) => i % 2 === 1).slice(0, points.length));
  await seen.end();
});

t.test('many events arrive once and in order, while they are written', async (t) => {
  const { client } = await testStore(t, { limits: { segmentBytes: 300_000, indexedInMemoryMax: 1_000 } });
  for (let i = 0; i < 20; i++) await client.appendToStream('busy', events(100));
  const ofStream = watch(client.subscribeToStream('busy'));
  const ofAll = watch(client.subscribeToAll({ filter: streamNameFilter({ prefixes: ['busy'] }) }));
  for (let i = 0; i < 20; i++) await client.appendToStream('busy', events(100));
  await ofStream.until('Happened@3999');
  await ofAll.until('Happened@3999');
  const expected = Array.from({ length: 4000 }, (_, i) => `Happened@${i}`);
  t.same(
    ofStream.received.filter((what) => what.includes('@')),
    expected,
  );
  t.same(
    ofAll.received.filter((what) => what.includes('@')),
    expected,
  );
  await ofStream.end();
  await ofAll.end();
});

t.test('subscriptions are counted, and forgotten when they end', async (t) => {
  const { client, store } = await testStore(t);
  const seen = Array.from({ length: 50 }, (_, i) => watch(client.subscribeToStream(`s-${i}`)));
  for (const each of seen) await each.until('caughtUp');
  t.equal((await store.statistics()).subscriptions, 50);
  for (const each of seen) await each.end();
  // The end of a call is reported over the same connection, so one more round trip is enough.
  await client.appendToStream('a', event());
  await client.appendToStream('a', event());
  t.equal((await store.statistics()).subscriptions, 0);
});

t.test('no event is missed that is appended while a subscription begins to wait', async (t) => {
  const { client } = await testStore(t);
  const filter = streamNameFilter({ prefixes: ['wanted-'], checkpointInterval: 1 });
  const WRITES = 300;
  const readers = Array.from({ length: 8 }, () => {
    const subscription = client.subscribeToAll({ filter, fromPosition: START });
    const got: number[] = [];
    let done: () => void = () => undefined;
    const all = new Promise<void>((resolve) => {
      done = resolve;
    });
    subscription.on('error', (error: unknown) => t.fail(String(error)));
    subscription.on('data', ({ event: seen }) => {
      got.push(Number(seen?.revision));
      if (seen?.revision === BigInt(WRITES)) done();
    });
    return { got, all, end: () => subscription.unsubscribe() };
  });
  // One write at a time, so that every subscription becomes idle again and again while the next event arrives.
  for (let n = 0; n < WRITES; n++) {
    await Promise.all([
      client.appendToStream('wanted-a', event('Wanted', { n })),
      client.appendToStream('other-b', event('Other')),
      client.appendToStream('other-c', event('Other')),
    ]);
  }
  await client.appendToStream('wanted-a', event('Last'));
  await Promise.all(readers.map(({ all }) => all));
  const everything = Array.from({ length: WRITES + 1 }, (_, n) => n);
  for (const { got } of readers) t.same(got, everything);
  await Promise.all(readers.map(({ end }) => end()));
});
