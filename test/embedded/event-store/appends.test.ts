import { ANY, NO_STREAM, STREAM_EXISTS, WrongExpectedVersionError } from '@eventstore/db-client';
import t from 'tap';
import { errorOf, event, events, shown, testStore, viaAppend } from './support/test-store.js';

/** The result of an append for each expected revision, over both calls that clients use. */
for (const [call, extra] of [
  ['BatchAppend', {}],
  ['Append', viaAppend],
] as const) {
  t.test(call, async (t) => {
    const { client } = await testStore(t);

    t.test('a new stream takes ANY and NO_STREAM and refuses the rest', async (t) => {
      const into = (
        stream: string,
        expectedRevision: typeof ANY | typeof NO_STREAM | typeof STREAM_EXISTS | bigint,
      ) => client.appendToStream(stream, event(), { expectedRevision, ...extra });
      t.equal((await into('new-any', ANY)).nextExpectedRevision, 0n);
      t.equal((await into('new-none', NO_STREAM)).nextExpectedRevision, 0n);
      t.equal(await errorOf(into('new-exists', STREAM_EXISTS)), 'wrong-expected-version');
      t.equal(await errorOf(into('new-exact', 0n)), 'wrong-expected-version');
    });

    t.test('a refusal names the current and the expected revision', async (t) => {
      await client.appendToStream('stands', events(3), extra);
      const refusal = await client.appendToStream('stands', event(), { expectedRevision: 1n, ...extra }).then(
        () => undefined,
        (error: unknown) => error,
      );
      t.ok(refusal instanceof WrongExpectedVersionError);
      t.match(refusal, { streamName: 'stands', expectedVersion: 1n, actualVersion: 2n });
      t.same(await shown(client, 'stands'), ['Happened@0', 'Happened@1', 'Happened@2']);
    });

    t.test('of many appends to a new stream at once, one wins', async (t) => {
      const racers = Array.from({ length: 40 }, () =>
        errorOf(client.appendToStream('raced', event(), { expectedRevision: NO_STREAM, ...extra })),
      );
      const outcomes = await Promise.all(racers);
      t.equal(outcomes.filter((outcome) => outcome === 'none').length, 1);
      t.equal(outcomes.filter((outcome) => outcome === 'wrong-expected-version').length, 39);
    });

    t.test('repeated ids are recognised by place', async (t) => {
      const batch = events(2);
      const write = (expectedRevision: typeof ANY | typeof NO_STREAM | bigint, what = batch) =>
        client.appendToStream('repeated', what, { expectedRevision, ...extra });
      const first = await write(NO_STREAM);
      t.same(await write(NO_STREAM), first, 'the same answer, position included');
      t.same((await write(ANY)).nextExpectedRevision, 1n);
      await client.appendToStream('repeated', event('Later'), { expectedRevision: 1n, ...extra });
      t.equal((await write(NO_STREAM)).nextExpectedRevision, 1n, 'also when the stream has moved on');
      t.equal(await errorOf(write(NO_STREAM, [...batch, event()])), 'wrong-expected-version', 'not in part');
      t.equal((await write(2n)).nextExpectedRevision, 4n, 'a newer expectation writes them again');
      t.equal((await shown(client, 'repeated')).length, 5);
    });

    t.test('the limit counts all events of an append', async (t) => {
      const large = (bytes: number) => event('Large', { text: 'x'.repeat(bytes) });
      t.equal(
        await errorOf(client.appendToStream('large', large(2 ** 20), extra)),
        'maximum-append-size-exceeded',
      );
      const many = [large(400_000), large(400_000), large(400_000)];
      t.equal(await errorOf(client.appendToStream('large', many, extra)), 'maximum-append-size-exceeded');
      t.equal(await errorOf(shown(client, 'large')), 'stream-not-found');
      t.equal(await errorOf(client.appendToStream('large', large(900_000), extra)), 'none');
    });

    t.test('an append without events succeeds and creates no stream', async (t) => {
      t.ok((await client.appendToStream('empty', [], extra)).success);
      t.equal(await errorOf(shown(client, 'empty')), 'stream-not-found');
    });

    t.test('an empty name is refused', async (t) => {
      t.equal(await errorOf(client.appendToStream('', event(), extra)), 'unknown');
    });
  });
}

t.test('events are read as they were appended', async (t) => {
  const { client } = await testStore(t);
  const stream = 'grüße / 100% "✓"';
  const given = { ...event('Tÿpe✓', { deep: [1, null, { ü: true }] }), metadata: { k: 'v' } };
  await client.appendToStream(stream, given);
  for await (const { event: got } of client.readStream(stream)) {
    t.match(got, {
      streamId: stream,
      id: given.id,
      type: given.type,
      data: given.data,
      metadata: { k: 'v' },
    });
    t.ok(got && Math.abs(Date.now() - Number(got.created)) < 60_000);
  }
});
