import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { createConnection } from 'node:net';
import t from 'tap';
import { frame } from '../../../../src/embedded/event-store/protocol/grpc-frames.js';
import {
  AppendReq,
  BatchAppendReq,
  Empty,
  ReadReq,
  StreamIdentifier,
  UUID,
} from '../../../../src/embedded/event-store/protocol/messages.js';
import { event, testStore } from '../support/test-store.js';

const STREAMS = '/event_store.client.streams.Streams';

interface Answered {
  readonly http: number;
  /** gRPC's status, from headers or trailers. */
  readonly status: string;
  readonly message: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Sends bytes to a method as they are and collects the answer. */
async function send(
  session: ClientHttp2Session,
  path: string,
  bytes: Buffer,
  headers = {},
): Promise<Answered> {
  const call = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  let answered: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  call.on('response', (received) => {
    answered = received;
  });
  call.on('trailers', (received) => {
    trailers = received;
  });
  const chunks: Buffer[] = [];
  call.on('data', (chunk: Buffer) => chunks.push(chunk));
  call.on('error', () => undefined);
  call.end(bytes);
  await once(call, 'close');
  const all = { ...answered, ...trailers };
  return {
    http: Number(answered[':status']),
    status: String(all['grpc-status']),
    message: String(all['grpc-message']),
    headers: all,
    body: Buffer.concat(chunks),
  };
}

t.test('malformed calls are answered with a status, and other calls go on', async (t) => {
  const { client, store } = await testStore(t, { limits: { messageBytesMax: 100_000 } });
  const session = connect(`http://127.0.0.1:${store.port}`);
  t.teardown(() => session.close());
  const post = (method: string, bytes: Buffer, headers = {}) =>
    send(session, `${STREAMS}/${method}`, bytes, headers);
  const bystander = client.subscribeToStream('bystander');
  await once(bystander, 'caughtUp');

  t.match(await send(session, `${STREAMS}/Nothing`, Buffer.alloc(0)), { status: '12' });
  t.match(await send(session, '/event_store.client.users.Users/Create', Buffer.alloc(0)), { status: '12' });
  t.match(await post('Read', Buffer.alloc(0)), { status: '13' }, 'no message');
  t.match(await post('Read', frame(Buffer.alloc(0))), { status: '2' }, 'an empty one');
  t.match(await post('Read', frame(Buffer.from('not protobuf at all'))), { status: '2' });
  t.match(await post('Read', Buffer.from([7, 0, 0, 0, 0])), { status: '13' }, 'an unknown flag');
  t.match(await post('Read', Buffer.from([1, 0, 0, 0, 0])), { status: '12' }, 'compressed');
  t.match(await post('Read', Buffer.from([0, 0, 0, 1, 0, 9])), { status: '13' }, 'cut off');
  t.match(await post('Append', Buffer.from([0, 0xff, 0xff, 0xff, 0xff])), { status: '8' }, 'too large');
  t.match(await post('Append', Buffer.alloc(0)), { status: '2' });
  t.match(await post('Append', frame(Buffer.from([0x0a, 0x7f, 1, 2]))), { status: '2' });
  t.match(await post('Delete', frame(Buffer.from([0xff]))), { status: '2' });
  t.match(await post('BatchAppend', frame(Buffer.from([0x18, 0x01]))), { status: '2' });
  t.match(await post('Read', Buffer.alloc(0), { 'content-type': 'text/plain' }), { http: 415 });

  const options = new AppendReq.Options();
  const identifier = new StreamIdentifier();
  identifier.setStreamName(Buffer.from('a'));
  options.setStreamIdentifier(identifier);
  options.setAny(new Empty());
  const header = new AppendReq();
  header.setOptions(options);
  const append = (proposed: InstanceType<typeof AppendReq.ProposedMessage>) => {
    const entry = new AppendReq();
    entry.setProposedMessage(proposed);
    return post('Append', Buffer.concat([frame(header.serializeBinary()), frame(entry.serializeBinary())]));
  };
  const untyped = new AppendReq.ProposedMessage();
  t.match(await append(untyped), {
    status: '3',
    headers: {
      exception: 'missing-required-metadata-property',
      'required-metadata-properties': 'type,content-type',
    },
  });
  const typed = new AppendReq.ProposedMessage();
  typed.getMetadataMap().set('type', 'T');
  t.match(await append(typed), { status: '3', message: /content-type/ });
  typed.getMetadataMap().set('content-type', 'application/json');
  t.match(await append(typed), { status: '2' }, 'no id');
  const id = new UUID();
  id.setString('no-uuid');
  typed.setId(id);
  t.match(await append(typed), { status: '2' }, 'no UUID');
  typed.getMetadataMap().set('type', 'T'.repeat(5_000));
  id.setString(crypto.randomUUID());
  t.match(await append(typed), { status: '3', message: /type takes 4096 bytes/ });
  identifier.setStreamName(Buffer.from('s'.repeat(5_000)));
  typed.getMetadataMap().set('type', 'T');
  t.match(await append(typed), { status: '3', message: /name takes 4096 bytes/ });

  await client.appendToStream('bystander', event('Seen'));
  const [seen] = (await once(bystander, 'data')) as [{ event: { type: string } }];
  t.equal(seen.event.type, 'Seen', 'another connection saw nothing of it');
  await bystander.unsubscribe();
});

t.test('ids may be sent and answered as two numbers', async (t) => {
  const { client, store } = await testStore(t);
  const session = connect(`http://127.0.0.1:${store.port}`);
  t.teardown(() => session.close());
  const identifier = new StreamIdentifier();
  identifier.setStreamName(Buffer.from('a'));
  const structured = new UUID.Structured();
  structured.setMostSignificantBits('-81985529216486896');
  structured.setLeastSignificantBits('81985529216486895');
  const id = new UUID();
  id.setStructured(structured);
  const proposed = new BatchAppendReq.ProposedMessage();
  proposed.setId(id);
  proposed.getMetadataMap().set('type', 'T').set('content-type', 'application/json');
  const options = new BatchAppendReq.Options();
  options.setStreamIdentifier(identifier);
  options.setAny(new Empty());
  const correlation = new UUID();
  correlation.setString(crypto.randomUUID());
  const request = new BatchAppendReq();
  request.setCorrelationId(correlation);
  request.setOptions(options);
  request.addProposedMessages(proposed);
  request.setIsFinal(true);
  t.match(await send(session, `${STREAMS}/BatchAppend`, frame(request.serializeBinary())), { status: '0' });
  for await (const { event: got } of client.readStream('a'))
    t.equal(got?.id, 'fedcba98-7654-3210-0123-456789abcdef');

  const uuid = new ReadReq.Options.UUIDOption();
  uuid.setStructured(new Empty());
  const stream = new ReadReq.Options.StreamOptions();
  stream.setStreamIdentifier(identifier);
  stream.setStart(new Empty());
  const readOptions = new ReadReq.Options();
  readOptions.setUuidOption(uuid);
  readOptions.setNoFilter(new Empty());
  readOptions.setCount('5');
  readOptions.setStream(stream);
  const read = new ReadReq();
  read.setOptions(readOptions);
  const { body } = await send(session, `${STREAMS}/Read`, frame(read.serializeBinary()));
  const { ReadResp } = await import('../../../../src/embedded/event-store/protocol/messages.js');
  const got = ReadResp.deserializeBinary(body.subarray(5)).getEvent()?.getEvent()?.getId()?.getStructured();
  t.equal(got?.getMostSignificantBits(), '-81985529216486896');
  t.equal(got?.getLeastSignificantBits(), '81985529216486895');
});

t.test('health and information are answered over HTTP/1, and health over gRPC', async (t) => {
  const { store } = await testStore(t);
  const get = (path: string) =>
    new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      httpRequest({ port: store.port, path }, (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode, body }));
      })
        .on('error', reject)
        .end();
    });
  t.match(await get('/health/live'), { status: 204 });
  t.match(JSON.parse((await get('/info')).body), { esVersion: '24.6.0', state: 'leader' });
  t.match(await get('/streams/a'), { status: 404 });
  const session = connect(`http://127.0.0.1:${store.port}`);
  const { body } = await send(session, '/grpc.health.v1.Health/Check', frame(Buffer.alloc(0)));
  t.same(body, Buffer.from([0, 0, 0, 0, 2, 8, 1]));
  session.close();
});

t.test('a connection that sends nonsense is closed, the others are not', async (t) => {
  const { client, store } = await testStore(t);
  const socket = createConnection(store.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nthis is no frame of any kind, whatever it says');
  await once(socket, 'close');
  t.ok((await client.appendToStream('a', event())).success);
});

t.test('unfinished appends are limited over all connections', async (t) => {
  const { client, store } = await testStore(t, { limits: { unfinishedBytesMax: 10_000 } });
  const session = connect(`http://127.0.0.1:${store.port}`);
  t.teardown(() => session.destroy());
  const identifier = new StreamIdentifier();
  identifier.setStreamName(Buffer.from('unfinished'));
  const options = new AppendReq.Options();
  options.setStreamIdentifier(identifier);
  options.setAny(new Empty());
  const header = new AppendReq();
  header.setOptions(options);
  const id = new UUID();
  id.setString(crypto.randomUUID());
  const proposed = new AppendReq.ProposedMessage();
  proposed.setId(id);
  proposed.getMetadataMap().set('type', 'T').set('content-type', 'application/json');
  proposed.setData(Buffer.alloc(8_000));
  const entry = new AppendReq();
  entry.setProposedMessage(proposed);
  const bytes = Buffer.concat([frame(header.serializeBinary()), frame(entry.serializeBinary())]);
  const begin = () => {
    const call = session.request({
      ':method': 'POST',
      ':path': `${STREAMS}/Append`,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    call.on('error', () => undefined);
    call.write(bytes);
    return call;
  };
  const first = begin();
  const [refused] = (await once(begin(), 'response')) as [IncomingHttpHeaders];
  t.equal(refused['grpc-status'], '8');
  first.close();
  await once(first, 'close');
  t.ok((await client.appendToStream('a', event())).success, 'a closed call makes room for the next');
});
