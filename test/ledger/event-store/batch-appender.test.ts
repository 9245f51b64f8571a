import { EventStoreDBClient } from '@eventstore/db-client';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import t from 'tap';
import { createBatchAppender } from '../../../src/ledger/event-store/batch-appender.js';
import { until } from '../../support/until.js';

const { path } = streamsGrpc.StreamsService.batchAppend;
const asIs = (message: Buffer): Buffer => message;
/** So long that an append which waits for it would never have ended. */
const TIMEOUT_MS = 600_000;

t.test('after the store has ended a call without an error, appends open another one', async (t) => {
  let calls = 0;
  const server = new Server();
  const endAtOnce = (call: { end(): void }) => {
    calls += 1;
    call.end();
  };
  server.register(path, endAtOnce, asIs, asIs, 'bidi');
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`);
  t.teardown(async () => {
    await client.dispose();
    server.forceShutdown();
  });
  const appender = createBatchAppender(client, async () => undefined);
  await until(async () => {
    await t.rejects(appender.append({ stream: 'a', events: [], expected: -1, timeoutMs: TIMEOUT_MS }), {
      name: 'NoAnswerError',
      message: 'the call ended before the answer',
    });
    return calls > 2;
  }, 0);
});
