import { readFileSync } from 'node:fs';
import { parseConnectionString } from '@eventstore/db-client/dist/Client/parseConnectionString.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { type ChannelCredentials, credentials, Metadata } from '@grpc/grpc-js';

/**
 * The generated gRPC client inside EventStoreDB's client. Copying needs the exact bytes of events, and EventStoreDB's
 * client would parse JSON and serialise it again.
 */
export interface RawClient {
  readonly streams: InstanceType<typeof streamsGrpc.StreamsClient>;
  readonly metadata: Metadata;
  close(): void;
}

const MESSAGE_BYTES_MAX = 17 * 1024 * 1024;

/** Connects to the first host of an `esdb://` address. Errors: those of a wrong address. */
export function connectRaw(url: string): RawClient {
  const options = parseConnectionString(url);
  const host = options.hosts[0];
  if (!host) throw new Error(`${url} names no host`);
  const secure = options.tls !== false;
  const channelCredentials: ChannelCredentials = secure
    ? credentials.createSsl(options.tlsCAFile ? readFileSync(options.tlsCAFile) : undefined)
    : credentials.createInsecure();
  const metadata = new Metadata();
  if (options.defaultCredentials) {
    const { username, password } = options.defaultCredentials;
    metadata.set('authorization', `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`);
  }
  const streams = new streamsGrpc.StreamsClient(`${host.address}:${host.port}`, channelCredentials, {
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
  });
  return { streams, metadata, close: () => streams.close() };
}
