import { EventEmitter } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import type { Clock } from '../../../../src/clock.js';
import type { EventStoreLimits } from '../../../../src/embedded/event-store/limits.js';
import { silentLogger } from '../../../../src/embedded/event-store/logger.js';
import type { GrpcCall } from '../../../../src/embedded/event-store/protocol/grpc-call.js';
import { createFrameReader } from '../../../../src/embedded/event-store/protocol/grpc-frames.js';
import type { CallError } from '../../../../src/embedded/event-store/protocol/grpc-status.js';
import {
  Empty,
  ReadReq,
  ReadResp,
  StreamIdentifier,
} from '../../../../src/embedded/event-store/protocol/messages.js';
import { handleRead } from '../../../../src/embedded/event-store/service/read-call.js';
import type { EventStore } from '../../../../src/embedded/event-store/store/event-store.js';

/** An event as a reader got it. */
export interface ReadEvent {
  readonly stream: string;
  readonly revision: string;
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly position: number;
}

export interface WantedRead {
  /** Undefined for all streams. */
  readonly stream?: string;
  readonly backwards?: boolean;
  /** The first revision to read; for all streams, the first position. */
  readonly from?: number;
  readonly maxCount?: number;
}

/** Reads a store through the call that clients make, without a connection. */
export async function readStore(
  store: EventStore,
  wanted: WantedRead,
  { limits, clock }: { readonly limits: EventStoreLimits; readonly clock: Clock },
): Promise<readonly ReadEvent[] | 'not-found' | 'deleted'> {
  const sent: Buffer[] = [];
  let failure: CallError | undefined;
  const failures: string[] = [];
  const call: GrpcCall = {
    stream: new EventEmitter() as ServerHttp2Stream,
    closed: () => failure !== undefined,
    onClose: () => undefined,
    offClose: () => undefined,
    write: (frames) => void sent.push(frames),
    send: async (frames) => void sent.push(frames),
    finish: (frames) => {
      if (frames) sent.push(frames);
    },
    fail: (error) => {
      failure = error;
    },
  };
  const counters = { subscriptions: 0, unfinishedBytes: 0, appends: 0 };
  const logger = { ...silentLogger, error: (fields: object) => void failures.push(JSON.stringify(fields)) };
  const context = { store, limits, clock, logger, counters };
  await handleRead(call, Buffer.from(requestOf(wanted).serializeBinary()), context);
  if (failure?.trailers.exception === 'stream-deleted') return 'deleted';
  if (failure) throw new Error(`${failure.message} ${failures.join()}`);
  const messages: InstanceType<typeof ReadResp>[] = [];
  const frames = createFrameReader(limits.messageBytesMax);
  for (const each of sent) frames.push(each, (bytes) => messages.push(ReadResp.deserializeBinary(bytes)));
  if (messages[0]?.hasStreamNotFound()) return 'not-found';
  return messages.flatMap((message) => {
    const event = message.getEvent()?.getEvent();
    if (!event) return [];
    return {
      stream: Buffer.from(event.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString(),
      revision: event.getStreamRevision(),
      id: event.getId()?.getString() ?? '',
      type: event.getMetadataMap().get('type') ?? '',
      data: Buffer.from(event.getData_asU8()).toString(),
      position: Number(event.getCommitPosition()),
    };
  });
}

function requestOf({ stream, backwards = false, from, maxCount }: WantedRead): InstanceType<typeof ReadReq> {
  const options = new ReadReq.Options();
  const uuid = new ReadReq.Options.UUIDOption();
  uuid.setString(new Empty());
  options.setUuidOption(uuid);
  options.setNoFilter(new Empty());
  options.setCount(String(maxCount ?? 1_000_000));
  options.setReadDirection(backwards ? 1 : 0);
  if (stream === undefined) {
    const all = new ReadReq.Options.AllOptions();
    if (from !== undefined) {
      const position = new ReadReq.Options.Position();
      position.setCommitPosition(String(from));
      position.setPreparePosition(String(from));
      all.setPosition(position);
    } else if (backwards) all.setEnd(new Empty());
    else all.setStart(new Empty());
    options.setAll(all);
  } else {
    const identifier = new StreamIdentifier();
    identifier.setStreamName(Buffer.from(stream));
    const one = new ReadReq.Options.StreamOptions();
    one.setStreamIdentifier(identifier);
    if (from !== undefined) one.setRevision(String(from));
    else if (backwards) one.setEnd(new Empty());
    else one.setStart(new Empty());
    options.setStream(one);
  }
  const request = new ReadReq();
  request.setOptions(options);
  return request;
}
