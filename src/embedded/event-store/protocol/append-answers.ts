import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import { varintLength, writeVarint } from '../../../event-store-protocol/wire.js';
import { ANY, NO_STREAM, STREAM_EXISTS } from '../store/append-check.js';
import { FRAME_HEADER_BYTES } from './grpc-frames.js';
import { GrpcCode } from './grpc-status.js';
import {
  AppendResp,
  BadRequest,
  Empty,
  MaximumAppendSizeExceeded,
  Status,
  StreamDeleted,
  StreamIdentifier,
  Timeout,
  WrongExpectedVersion,
} from './messages.js';

/** Bytes of a `Success`. */
function successBytes(revision: number, position: number): number {
  return (revision < 0 ? 2 : 1 + varintLength(revision)) + 2 + 2 * (1 + varintLength(position));
}

/**
 * Writes the `Success` of Append and of BatchAppend, which have the same fields: revision and position of the last
 * event, or that there is no stream because nothing was written.
 */
function writeSuccess(target: Buffer, offset: number, revision: number, position: number): void {
  target[offset] = revision < 0 ? 0x12 : 0x08;
  let at = writeVarint(target, offset + 1, Math.max(0, revision));
  target[at] = 0x1a;
  target[at + 1] = 2 * (1 + varintLength(position));
  target[at + 2] = 0x08;
  at = writeVarint(target, at + 3, position);
  target[at] = 0x10;
  writeVarint(target, at + 1, position);
}

/** `AppendResp` for an accepted append. */
export function appendSuccess(revision: number, position: number): Uint8Array {
  const bytes = successBytes(revision, position);
  const message = Buffer.allocUnsafe(2 + bytes);
  message[0] = 0x0a;
  message[1] = bytes;
  writeSuccess(message, 2, revision, position);
  return message;
}

/** `AppendResp` for a wrong expected revision. EventStoreDB reports it in the message, not as a status. */
export function appendWrongExpectedVersion(expected: number, last: number): Uint8Array {
  const wrong = new AppendResp.WrongExpectedVersion();
  if (last < 0) wrong.setCurrentNoStream(new Empty());
  else wrong.setCurrentRevision(revisionText(last));
  if (expected === ANY) wrong.setExpectedAny(new Empty());
  else if (expected === STREAM_EXISTS) wrong.setExpectedStreamExists(new Empty());
  else if (expected === NO_STREAM) wrong.setExpectedNoStream(new Empty());
  else wrong.setExpectedRevision(revisionText(expected));
  const answer = new AppendResp();
  answer.setWrongExpectedVersion(wrong);
  return answer.serializeBinary();
}

/** The frame of a `BatchAppendResp` for an accepted append; id and stream are returned as they came. */
export function batchSuccess(
  correlationId: Buffer,
  streamName: Buffer,
  revision: number,
  position: number,
): Buffer {
  return batchAnswer(correlationId, streamName, 0x1a, successBytes(revision, position), (target, at) =>
    writeSuccess(target, at, revision, position),
  );
}

/** The same for a refused append. */
export function batchError(
  correlationId: Buffer,
  streamName: Buffer,
  status: InstanceType<typeof Status>,
): Buffer {
  const message = status.serializeBinary();
  return batchAnswer(correlationId, streamName, 0x12, message.length, (target, at) =>
    target.set(message, at),
  );
}

function batchAnswer(
  correlationId: Buffer,
  streamName: Buffer,
  resultTag: number,
  resultBytes: number,
  writeResult: (target: Buffer, offset: number) => void,
): Buffer {
  const name = streamName.length;
  const identifier = 1 + varintLength(name) + name;
  const bytes = fieldBytes(correlationId.length) + fieldBytes(resultBytes) + fieldBytes(identifier);
  const framed = Buffer.allocUnsafe(FRAME_HEADER_BYTES + bytes);
  framed[0] = 0;
  framed.writeUInt32BE(bytes, 1);
  framed[FRAME_HEADER_BYTES] = 0x0a;
  let at = writeVarint(framed, FRAME_HEADER_BYTES + 1, correlationId.length);
  at += correlationId.copy(framed, at);
  framed[at] = resultTag;
  at = writeVarint(framed, at + 1, resultBytes);
  writeResult(framed, at);
  at += resultBytes;
  framed[at] = 0x22;
  at = writeVarint(framed, at + 1, identifier);
  framed[at] = 0x1a;
  at = writeVarint(framed, at + 1, name);
  streamName.copy(framed, at);
  return framed;
}

/** Bytes of a length-delimited field with a tag of one byte. */
const fieldBytes = (length: number): number => 1 + varintLength(length) + length;

/** The statuses inside BatchAppend's answers, with the details that the client unpacks. */
export const batchStatus = {
  wrongExpectedVersion(expected: number, last: number) {
    const wrong = new WrongExpectedVersion();
    if (last < 0) wrong.setCurrentNoStream(new emptyPb.Empty());
    else wrong.setCurrentStreamRevision(revisionText(last));
    if (expected === ANY) wrong.setExpectedAny(new emptyPb.Empty());
    else if (expected === STREAM_EXISTS) wrong.setExpectedStreamExists(new emptyPb.Empty());
    else if (expected === NO_STREAM) wrong.setExpectedNoStream(new emptyPb.Empty());
    else wrong.setExpectedStreamPosition(revisionText(expected));
    return status(ALREADY_EXISTS, 'WrongExpectedVersion', 'WrongExpectedVersion', wrong.serializeBinary());
  },
  streamDeleted(streamName: Buffer) {
    const identifier = new StreamIdentifier();
    identifier.setStreamName(streamName);
    const deleted = new StreamDeleted();
    deleted.setStreamIdentifier(identifier);
    return status(GrpcCode.NOT_FOUND, 'StreamDeleted', 'StreamDeleted', deleted.serializeBinary());
  },
  maximumAppendSizeExceeded(bytesMax: number) {
    const exceeded = new MaximumAppendSizeExceeded();
    exceeded.setMaxappendsize(bytesMax);
    const name = 'MaximumAppendSizeExceeded';
    return status(GrpcCode.INVALID_ARGUMENT, name, name, exceeded.serializeBinary());
  },
  timeout: () => status(DEADLINE_EXCEEDED, 'Timeout', 'Timeout', new Timeout().serializeBinary()),
  badRequest: (message: string) => withBadRequest(GrpcCode.INVALID_ARGUMENT, 'BadRequest', message),
  /** A refusal. The client shows a status's message only when it has no name for the details. */
  refused: (reason: string) => withBadRequest(GrpcCode.RESOURCE_EXHAUSTED, reason, reason),
  uncertain: (reason: string) => withBadRequest(GrpcCode.UNKNOWN, reason, reason),
};

const ALREADY_EXISTS = 6;
const DEADLINE_EXCEEDED = 4;

function withBadRequest(code: number, message: string, detail: string) {
  const request = new BadRequest();
  request.setMessage(detail);
  return status(code, message, 'BadRequest', request.serializeBinary());
}

function status(code: number, message: string, detailsType: string, details: Uint8Array) {
  const packed = new anyPb.Any();
  packed.pack(details, `event_store.client.${detailsType}`);
  const result = new Status();
  // The generated enumeration lacks some codes, but the field is a plain number on the wire.
  result.setCode(code);
  result.setMessage(message);
  result.setDetails(packed);
  return result;
}

/** A revision in the form in which the generated classes take 64-bit numbers. */
const revisionText = (revision: number): string => BigInt(revision).toString();
