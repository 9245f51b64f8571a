import { BACKWARDS, END, START, streamNameFilter } from '@eventstore/db-client';
import t from 'tap';
import { errorOf, event, events, shown, testStore } from './support/test-store.js';

t.test('a stream is read in windows, both ways', async (t) => {
  const { client } = await testStore(t);
  await client.appendToStream('ten', events(10));
  const revisions = async (options: Parameters<typeof shown>[2]) =>
    (await shown(client, 'ten', options)).map((name) => Number(name.split('@')[1]));
  t.same(await revisions({ fromRevision: 4n, maxCount: 3 }), [4, 5, 6]);
  t.same(await revisions({ fromRevision: 10n }), [], 'behind the end there is nothing');
  t.same(await revisions({ direction: BACKWARDS, fromRevision: END, maxCount: 2 }), [9, 8]);
  t.same(await revisions({ direction: BACKWARDS, fromRevision: START }), [0]);
  t.same(await revisions({ direction: BACKWARDS, fromRevision: 99n, maxCount: 1 }), [9]);
  t.equal(await errorOf(revisions({ fromRevision: END })), 'unknown');
  t.equal(await errorOf(revisions({ maxCount: 0 })), 'unknown');
  t.equal(await errorOf(shown(client, 'none')), 'stream-not-found');
});

t.test('a long stream is read completely and in order, over many index entries and pages', async (t) => {
  const { client } = await testStore(t, { limits: { indexedInMemoryMax: 500, segmentBytes: 200_000 } });
  for (let i = 0; i < 30; i++) await client.appendToStream(`other-${i}`, events(40));
  for (let i = 0; i < 30; i++) {
    await client.appendToStream('long', events(50));
    await client.appendToStream(`mixed-${i}`, events(3));
  }
  const forwards = (await shown(client, 'long')).map((name) => Number(name.split('@')[1]));
  t.same(
    forwards,
    Array.from({ length: 1500 }, (_, i) => i),
  );
  const backwards = await shown(client, 'long', { direction: BACKWARDS, fromRevision: END });
  t.same(backwards, (await shown(client, 'long')).reverse());
});

t.test('events of all sizes are read completely and in order, from files and from memory', async (t) => {
  const { client } = await testStore(t, { limits: { segmentBytes: 2_000_000 } });
  const textOf = (n: number) =>
    String.fromCharCode(97 + (n % 26)).repeat([5, 700, 9_000, 60_000, 200][n % 5] ?? 0);
  const total = 500;
  for (let n = 0; n < total; n += 10) {
    const batch = Array.from({ length: 10 }, (_, i) => event('Sized', { n: n + i, text: textOf(n + i) }));
    await client.appendToStream('sized', batch);
  }
  await client.appendToStream('rare', events(1, 'Rare'));
  type Resolved = { event?: { data: unknown; type: string } | undefined };
  const read = async (source: AsyncIterable<Resolved>) => {
    const numbers: number[] = [];
    for await (const { event: got } of source) {
      if (got?.type !== 'Sized') continue;
      const { n, text } = got.data as { n: number; text: string };
      if (text !== textOf(n)) t.fail(`event ${n} is not what was appended`);
      numbers.push(n);
    }
    return numbers;
  };
  const all = Array.from({ length: total }, (_, n) => n);
  t.same(await read(client.readAll({})), all);
  t.same(await read(client.readAll({ direction: BACKWARDS, fromPosition: END })), all.toReversed());
  t.same(await read(client.readStream('sized')), all);
  t.same(
    await read(client.readStream('sized', { direction: BACKWARDS, fromRevision: END })),
    all.toReversed(),
  );
  t.same(await read(client.readAll({ maxCount: 137 })), all.slice(0, 137));
  const filter = streamNameFilter({ prefixes: ['rar'] });
  for await (const { event: got } of client.subscribeToAll({ fromPosition: START, filter })) {
    t.equal(got?.streamId, 'rare', 'and what a filter finds at the end of a long search');
    break;
  }
});

t.test('all streams are read in the order of the log', async (t) => {
  const { client } = await testStore(t, { limits: { segmentBytes: 50_000 } });
  const positions: bigint[] = [];
  for (let i = 0; i < 200; i++) {
    const { position } = await client.appendToStream(`s-${i % 7}`, events(3));
    positions.push(position?.commit ?? -1n);
  }
  const read = async (options: Parameters<typeof client.readAll>[0]) => {
    const found: bigint[] = [];
    for await (const { event: got } of client.readAll(options)) found.push(got?.position?.commit ?? -1n);
    return found;
  };
  const forwards = await read({});
  t.equal(forwards.length, 600);
  t.same(
    forwards,
    [...forwards].sort((a, b) => (a < b ? -1 : 1)),
  );
  t.same(
    forwards.filter((_, i) => i % 3 === 2),
    positions,
    'an append answers the position of its last event',
  );
  t.same(await read({ direction: BACKWARDS, fromPosition: END }), [...forwards].reverse());
  const middle = { commit: forwards[300] ?? 0n, prepare: forwards[300] ?? 0n };
  t.same(await read({ fromPosition: middle, maxCount: 2 }), forwards.slice(300, 302), 'forwards includes it');
  t.same(await read({ fromPosition: middle, direction: BACKWARDS, maxCount: 2 }), [
    forwards[299],
    forwards[298],
  ]);
  t.same(await read({ fromPosition: END }), []);
  t.same(await read({ direction: BACKWARDS, fromPosition: START }), []);
  const beside = { commit: middle.commit + 1n, prepare: middle.commit + 1n };
  t.equal(await errorOf(read({ fromPosition: beside })), 'unknown', 'inside a record');
  t.equal(await errorOf(read({ fromPosition: { commit: middle.commit, prepare: 0n } })), 'unknown');
  const beyond = { commit: 1n << 50n, prepare: 1n << 50n };
  t.same(await read({ fromPosition: beyond }), []);
  t.equal(await errorOf(read({ fromPosition: beyond, direction: BACKWARDS })), 'unknown');
});

t.test('links are resolved to events, or to nothing', async (t) => {
  const { client } = await testStore(t);
  await client.appendToStream('real', events(3, 'Real'));
  const link = (to: string) => ({
    id: crypto.randomUUID(),
    contentType: 'application/octet-stream' as const,
    type: '$>',
    data: Buffer.from(to),
    metadata: undefined,
  });
  await client.appendToStream('links', [link('1@real'), link('7@real'), link('0@nowhere')]);
  const resolved: string[] = [];
  for await (const got of client.readStream('links', { resolveLinkTos: true })) {
    resolved.push(`${got.link?.revision}->${got.event ? `${got.event.type}@${got.event.revision}` : 'none'}`);
  }
  t.same(resolved, ['0->Real@1', '1->none', '2->none']);
  t.same(await shown(client, 'links'), ['$>@0', '$>@1', '$>@2'], 'unless they are not to be followed');
});

t.test('an event of the largest size is read completely', async (t) => {
  const { client } = await testStore(t);
  const text = 'y'.repeat(1_000_000);
  await client.appendToStream('large', event('Large', { text }));
  await client.appendToStream('large', event('Small'));
  for await (const { event: got } of client.readStream('large', { maxCount: 1 }))
    t.match(got?.data, { text });
  t.same(await shown(client, 'large'), ['Large@0', 'Small@1']);
});
