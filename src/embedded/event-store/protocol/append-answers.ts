import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import { ANY, NO_STREAM, STREAM_EXISTS } from '../store/append-check.js';
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
import { varintLength, writeVarint } from './wire.js';

const NO_STREAM_YET = Buffer.from([0x12, 0x00]);

/**
 * The `Success` of Append and of BatchAppend, which have the same fields: the last event's revision and position,
 * or that there is no stream (nothing was to be written).
 */
export function successMessage(revision: number, position: number): Buffer {
  if (revision < 0) return Buffer.concat([NO_STREAM_YET, positionField(position)]);
  const place = positionField(position);
  const message = Buffer.allocUnsafe(1 + varintLength(revision) + place.length);
  message[0] = 0x08;
  place.copy(message, writeVarint(message, 1, revision));
  return message;
}

function positionField(position: number): Buffer {
  const inner = 2 * (1 + varintLength(position));
  const field = Buffer.allocUnsafe(2 + inner);
  field[0] = 0x1a;
  field[1] = inner;
  field[2] = 0x08;
  const at = writeVarint(field, 3, position);
  field[at] = 0x10;
  writeVarint(field, at + 1, position);
  return field;
}

/** `AppendResp` for an append that was taken. */
export function appendSuccess(revision: number, position: number): Uint8Array {
  const success = successMessage(revision, position);
  return Buffer.concat([Buffer.from([0x0a, success.length]), success]);
}

/** `AppendResp` for a stream that stood elsewhere; EventStoreDB says so in the body, not by a status. */
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

/** `BatchAppendResp` for an append that was taken; id and stream are echoed as they came. */
export function batchSuccess(
  correlationId: Buffer,
  streamName: Buffer,
  revision: number,
  position: number,
): Buffer {
  return batchAnswer(correlationId, streamName, 0x1a, successMessage(revision, position));
}

export function batchError(
  correlationId: Buffer,
  streamName: Buffer,
  status: InstanceType<typeof Status>,
): Buffer {
  return batchAnswer(correlationId, streamName, 0x12, status.serializeBinary());
}

function batchAnswer(
  correlationId: Buffer,
  streamName: Buffer,
  resultTag: number,
  result: Uint8Array,
): Buffer {
  const name = streamName.length;
  const identifier = 1 + varintLength(name) + name;
  const message = Buffer.allocUnsafe(
    1 +
      varintLength(correlationId.length) +
      correlationId.length +
      1 +
      varintLength(result.length) +
      result.length +
      1 +
      varintLength(identifier) +
      identifier,
  );
  message[0] = 0x0a;
  let at = writeVarint(message, 1, correlationId.length);
  at += correlationId.copy(message, at);
  message[at] = resultTag;
  at = writeVarint(message, at + 1, result.length);
  message.set(result, at);
  at += result.length;
  message[at] = 0x22;
  at = writeVarint(message, at + 1, identifier);
  message[at] = 0x1a;
  at = writeVarint(message, at + 1, name);
  streamName.copy(message, at);
  return message;
}

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
  /** The client shows the message of a status only when it has no name for its details. */
  refused: (reason: string) => withBadRequest(GrpcCode.RESOURCE_EXHAUSTED, reason, reason),
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
  // The generated enumeration stops short of the codes, but the field is a plain number on the wire.
  result.setCode(code);
  result.setMessage(message);
  result.setDetails(packed);
  return result;
}

/** A revision as the generated classes take 64 bit numbers. */
const revisionText = (revision: number): string => BigInt(revision).toString();
