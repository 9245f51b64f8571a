import { EventStoreDBClient } from '@eventstore/db-client';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import t from 'tap';
import { createBatchAppender } from '../../../src/ledger/event-store/batch-appender.js';
import { until } from '../../support/until.js';

const { path } = streamsGrpc.StreamsService.batchAppend;
const asIs = (message: Buffer): Buffer => message;
/** So long that an append which waits for it would never have ended. */
const TIMEOUT_MS = 600_000;

function bind(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
}

t.test('after the store has ended a call without an error, appends open another one', async (t) => {
  let calls = 0;
  const server = new Server();
  const endAtOnce = (call: { end(): void }) => {
    calls += 1;
    call.end();
  };
  server.register(path, endAtOnce, asIs, asIs, 'bidi');
  const port = await bind(server, 0);
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

t.test('a call whose connection takes no new calls ends, so that the next server is checked', async (t) => {
  const written: string[] = [];
  const start = async (name: string, port = 0) => {
    const server = new Server();
    const keepOpen = (call: ServerDuplexStream<Buffer, Buffer>) =>
      call.on('data', () => void written.push(name));
    server.register(path, keepOpen, asIs, asIs, 'bidi');
    const bound = await bind(server, port);
    t.teardown(() => server.forceShutdown());
    return { server, port: bound };
  };
  const first = await start('first');
  const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${first.port}?tls=false`);
  t.teardown(() => client.dispose());
  let checks = 0;
  const appender = createBatchAppender(client, async () => {
    checks += 1;
    if (checks > 1) throw new Error('another log');
  });
  const append = () => appender.append({ stream: 'a', events: [], expected: -1, timeoutMs: TIMEOUT_MS });
  const sent = append().catch((error: unknown) => error);
  await until(async () => written.length === 1, 0);
  // It tells its clients to go elsewhere, and keeps the calls that are open.
  first.server.tryShutdown(() => undefined);
  await start('second', first.port);
  t.match(await sent, { name: 'NoAnswerError', sent: true });
  await until(async () => {
    await t.rejects(append(), { name: 'NoAnswerError', sent: false });
    return checks > 1;
  }, 0);
  t.strictSame(written, ['first']);
});
