import { convertToCommandError, type EventStoreDBClient } from '@eventstore/db-client';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import type { ClientReadableStream } from '@grpc/grpc-js';

/** The place of an event in the log, and its id. */
export interface PlacedEvent {
  readonly commit: number;
  readonly prepare: number;
  readonly id: string;
}

/** The last event of the log, or the first one at a place or after it. */
export type EventToRead = 'last' | Pick<PlacedEvent, 'commit' | 'prepare'>;

export interface ReadOne {
  /** Undefined when there is no such event. */
  readonly event: PlacedEvent | undefined;
  /**
   * The server's clock, rounded down to a second, milliseconds since 1970; undefined when the server doesn't send
   * it.
   */
  readonly serverTime: number | undefined;
}

type Stubs = InstanceType<typeof streamsGrpc.StreamsClient>;
type Request = InstanceType<typeof streamsPb.ReadReq>;
type Answer = InstanceType<typeof streamsPb.ReadResp>;
type Call = ClientReadableStream<Answer>;

const { Empty } = sharedPb;
const { ReadReq } = streamsPb;

/**
 * Reads one event from `$all`, and the server's time from the answer, which the client doesn't return. Errors: those
 * of the call, and a plain Error after `timeoutMs`.
 */
export async function readOne(
  client: EventStoreDBClient,
  wanted: EventToRead,
  timeoutMs: number,
): Promise<ReadOne> {
  let call: Call | undefined;
  let timedOut = false;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      timedOut = true;
      reject(new Error(`no answer within ${timeoutMs} ms`));
      call?.cancel();
    }, timeoutMs);
    const failed = (error: unknown) => {
      clearTimeout(timer);
      reject(error instanceof Error ? convertToCommandError(error) : error);
    };
    let event: PlacedEvent | undefined;
    let serverTime: number | undefined;
    openRead
      .call(client, requestOf(wanted), (opened) => {
        opened.on('metadata', (metadata) => {
          const date = Date.parse(String(metadata.get('date')[0]));
          if (Number.isFinite(date)) serverTime = date;
        });
        opened.on('data', (answer) => {
          event = eventOf(answer) ?? event;
        });
        opened.on('error', failed);
        opened.on('end', () => {
          clearTimeout(timer);
          resolve({ event, serverTime });
        });
      })
      .then((opened) => {
        call = opened;
        if (timedOut) opened.cancel();
      }, failed);
  });
}

function openRead(this: EventStoreDBClient, request: Request, listen: (call: Call) => void): Promise<Call> {
  return this.GRPCStreamCreator<Stubs, Call>(streamsGrpc.StreamsClient, 'readOne', (stubs) => {
    const call = stubs.read(request, ...this.callArguments({}, { deadline: Number.POSITIVE_INFINITY }));
    listen(call);
    return call;
  })();
}

function requestOf(wanted: EventToRead): Request {
  const { Options } = ReadReq;
  const uuid = new Options.UUIDOption();
  uuid.setString(new Empty());
  const all = new Options.AllOptions();
  if (wanted === 'last') all.setEnd(new Empty());
  else {
    const position = new Options.Position();
    position.setCommitPosition(String(wanted.commit));
    position.setPreparePosition(String(wanted.prepare));
    all.setPosition(position);
  }
  const options = new Options();
  options.setUuidOption(uuid);
  options.setAll(all);
  options.setNoFilter(new Empty());
  options.setCount('1');
  const { BACKWARDS, FORWARDS } = Options.ReadDirection;
  options.setReadDirection(wanted === 'last' ? BACKWARDS : FORWARDS);
  const request = new ReadReq();
  request.setOptions(options);
  return request;
}

function eventOf(answer: Answer): PlacedEvent | undefined {
  const event = answer.getEvent()?.getEvent();
  if (!event) return undefined;
  return {
    commit: Number(event.getCommitPosition()),
    prepare: Number(event.getPreparePosition()),
    id: event.getId()?.getString() ?? '',
  };
}
