import { convertToCommandError, type EventStoreDBClient } from '@eventstore/db-client';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { createWakeup } from '../../timing/wakeup.js';
import type { Subscribed, SubscribeOptions } from '../event-log.js';
import { decodeReadAnswer } from './read-answer.js';

type Stubs = InstanceType<typeof streamsGrpc.StreamsClient>;
type Request = InstanceType<typeof streamsPb.ReadReq>;
type Call = ClientReadableStream<Buffer>;

const { Empty } = sharedPb;
const { ReadReq } = streamsPb;
const { path, requestSerialize } = streamsGrpc.StreamsService.read;
const asIs = (message: Buffer): Buffer => message;

/** A filtered subscription reports its position after this many windows of `SEARCH_WINDOW` events. */
const CHECKPOINT_INTERVAL = 4;
const SEARCH_WINDOW = 64;

/**
 * Yields every event after a position and then new ones, in the store's order. Ends when the signal aborts or when
 * the store ends the subscription. Errors: those of the call, as the client's error classes; WireError.
 */
export async function* subscribeToAll(
  client: EventStoreDBClient,
  wanted: SubscribeOptions,
): AsyncGenerator<Subscribed> {
  const { signal } = wanted;
  const news = createWakeup();
  let failure: { readonly error: unknown } | undefined;
  let ended = false;
  const call = await open.call(client, requestOf(wanted), (opened) => {
    opened.on('readable', () => news.notify());
    opened.on('error', (error) => {
      failure ??= { error: convertToCommandError(error) };
      news.notify();
    });
    for (const end of ['end', 'close'])
      opened.on(end, () => {
        ended = true;
        news.notify();
      });
  });
  try {
    while (!signal.aborted) {
      const message: Buffer | null = call.read();
      if (message) {
        const answer = decodeReadAnswer(message);
        if (answer) yield answer;
      } else if (failure) throw failure.error;
      else if (ended) return;
      else await news.wait(signal);
    }
  } finally {
    // Cancelling at once can make grpc-js fail while the call is being read (grpc-node 1464 and 1652).
    setImmediate(() => call.cancel());
  }
}

function open(this: EventStoreDBClient, request: Request, listen: (call: Call) => void): Promise<Call> {
  return this.GRPCStreamCreator<Stubs, Call>(streamsGrpc.StreamsClient, 'subscribeToAll', (stubs) => {
    const options = this.callArguments({}, { deadline: Number.POSITIVE_INFINITY });
    const call: Call = stubs.makeServerStreamRequest(path, requestSerialize, asIs, request, ...options);
    listen(call);
    return call;
  })();
}

function requestOf({ after, streamPrefixes }: SubscribeOptions): Request {
  const { Options } = ReadReq;
  const all = new Options.AllOptions();
  if (after === undefined) all.setStart(new Empty());
  else {
    const position = new Options.Position();
    position.setCommitPosition(String(after));
    position.setPreparePosition(String(after));
    all.setPosition(position);
  }
  const expression = new Options.FilterOptions.Expression();
  expression.setPrefixList([...streamPrefixes]);
  const filter = new Options.FilterOptions();
  filter.setStreamIdentifier(expression);
  filter.setMax(SEARCH_WINDOW);
  filter.setCheckpointintervalmultiplier(CHECKPOINT_INTERVAL);
  const uuid = new Options.UUIDOption();
  uuid.setString(new Empty());
  const options = new Options();
  options.setAll(all);
  options.setSubscription(new Options.SubscriptionOptions());
  options.setUuidOption(uuid);
  options.setFilter(filter);
  const request = new ReadReq();
  request.setOptions(options);
  return request;
}
