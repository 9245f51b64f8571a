import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { EventStoreDBClient } from '@eventstore/db-client';
import t from 'tap';
import { spawnEventStore } from '../../../../src/embedded/event-store/index.js';
import { frame } from '../../../../src/embedded/event-store/protocol/grpc-frames.js';
import { Empty, ReadReq } from '../../../../src/embedded/event-store/protocol/messages.js';
import { event, testFolder } from '../support/test-store.js';

/** A subscription to everything, from the start. */
function subscribeRequest(): Buffer {
  const uuid = new ReadReq.Options.UUIDOption();
  uuid.setString(new Empty());
  const all = new ReadReq.Options.AllOptions();
  all.setStart(new Empty());
  const options = new ReadReq.Options();
  options.setUuidOption(uuid);
  options.setNoFilter(new Empty());
  options.setSubscription(new ReadReq.Options.SubscriptionOptions());
  options.setAll(all);
  const request = new ReadReq();
  request.setOptions(options);
  return frame(request.serializeBinary());
}

t.test(
  'readers that don’t read are disconnected, and cost the server little memory',
  { timeout: 240_000 },
  async (t) => {
    const store = await spawnEventStore({ dataDir: testFolder(t) });
    const client = EventStoreDBClient.connectionString(store.url);
    const resident = () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${store.pid}/status`, 'utf8'))?.[1]) / 1024;
    const text = 'x'.repeat(10_000);
    const fill = async (megabytes: number) => {
      for (let i = 0; i < megabytes; i++) {
        await client.appendToStream(
          'filled',
          Array.from({ length: 90 }, () => event('Filled', { text })),
        );
      }
    };
    await fill(20);
    const before = resident();
    const session = connect(`http://127.0.0.1:${store.port}`);
    session.on('error', () => undefined);
    const readers = Array.from({ length: 100 }, () => {
      const call = session.request({
        ':method': 'POST',
        ':path': '/event_store.client.streams.Streams/Read',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      call.on('error', () => undefined);
      call.end(subscribeRequest());
      // The answer has begun and the client stops reading, so the call's window fills up.
      return once(call, 'response').then(() => call);
    });
    const calls = await Promise.all(readers);
    await fill(40);
    const grown = resident() - before;
    t.ok(grown < 120, `a hundred of them behind by 60 MB each: ${Math.round(grown)} MB more`);

    let got = 0;
    const first = calls[0];
    first?.on('data', (chunk: Buffer) => {
      got += chunk.length;
      if (got > 50_000_000) first.close();
    });
    await once(first ?? session, 'close');
    t.ok(got > 50_000_000, 'and one that begins to read gets everything');
    session.destroy();
    await client.dispose();
    await store.stop();
  },
);
