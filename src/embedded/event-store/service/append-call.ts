import { WireReader } from '../../../event-store-protocol/wire.js';
import { appendSuccess, appendWrongExpectedVersion } from '../protocol/append-answers.js';
import { type AppendRequestOptions, readAppendOptions } from '../protocol/append-options.js';
import { type GrpcCall, toCallError } from '../protocol/grpc-call.js';
import { createFrameReader, frame } from '../protocol/grpc-frames.js';
import {
  type CallError,
  maximumAppendSizeExceeded,
  requiredMetadataMissing,
  resourceExhausted,
  streamDeleted,
  uncertain,
  unexpectedRequest,
} from '../protocol/grpc-status.js';
import { appendBytesOf, MissingPropertyError, readProposedEvent } from '../protocol/proposed-event.js';
import type { EventToRecord } from '../storage/record.js';
import type { AppendOutcome } from '../store/append-outcome.js';
import { checkEvent, checkStreamName } from './append-limits.js';
import type { ServiceContext } from './service-context.js';

const OPTIONS = 0x0a;
const PROPOSED_MESSAGE = 0x12;
export const TOO_MUCH_UNFINISHED = 'Too many bytes wait for the rest of their appends.';

/** Handles `Streams.Append`: one message of options, then one message for each event. */
export function handleAppend(call: GrpcCall, context: ServiceContext): void {
  const { limits, counters } = context;
  const frames = createFrameReader(limits.messageBytesMax);
  const events: EventToRecord[] = [];
  let options: AppendRequestOptions | undefined;
  let bytes = 0;

  function take(message: Buffer): void {
    const reader = new WireReader(message, 0, message.length);
    const tag = reader.varint();
    if (options === undefined) {
      if (tag !== OPTIONS) throw unexpectedRequest();
      options = readAppendOptions(reader.message());
      return;
    }
    if (tag !== PROPOSED_MESSAGE) throw unexpectedRequest();
    const event = readProposedEvent(reader.message());
    const size = appendBytesOf(event);
    bytes += size;
    counters.unfinishedBytes += size;
    if (bytes > limits.appendBytesMax) throw maximumAppendSizeExceeded(limits.appendBytesMax);
    if (counters.unfinishedBytes > limits.unfinishedBytesMax) throw resourceExhausted(TOO_MUCH_UNFINISHED);
    if (events.length >= limits.eventsPerAppendMax)
      throw resourceExhausted('The append has too many events.');
    checkEvent(event, limits);
    events.push(event);
  }

  call.onClose(() => {
    counters.unfinishedBytes -= bytes;
  });
  call.stream.on('data', (chunk: Buffer) => {
    if (call.closed()) return;
    try {
      frames.push(chunk, take);
    } catch (error) {
      call.fail(appendError(error));
    }
  });
  call.stream.on('end', () => {
    if (call.closed()) return;
    try {
      frames.end();
      if (options === undefined) throw unexpectedRequest();
      append(call, options, events, context);
    } catch (error) {
      call.fail(appendError(error));
    }
  });
}

function append(
  call: GrpcCall,
  { streamName, expected }: AppendRequestOptions,
  events: readonly EventToRecord[],
  { store, limits, counters }: ServiceContext,
): void {
  checkStreamName(streamName, limits);
  const name = streamName.toString('utf8');
  store.append(name, expected, events, (outcome) => {
    if (outcome.kind === 'appended') counters.appends += 1;
    answer(call, name, expected, outcome);
  });
}

function answer(call: GrpcCall, name: string, expected: number, outcome: AppendOutcome): void {
  switch (outcome.kind) {
    case 'appended':
      call.finish(frame(appendSuccess(outcome.revision, outcome.position)));
      return;
    case 'wrong-expected-revision':
      call.finish(frame(appendWrongExpectedVersion(expected, outcome.last)));
      return;
    case 'stream-deleted':
      call.fail(streamDeleted(name));
      return;
    case 'refused':
      call.fail(resourceExhausted(outcome.reason));
      return;
    case 'uncertain':
      call.fail(uncertain(outcome.reason));
  }
}

function appendError(error: unknown): CallError {
  if (error instanceof MissingPropertyError) return requiredMetadataMissing(error.property);
  return toCallError(error);
}
