import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import statusPb from '@eventstore/db-client/generated/status_pb.js';
import { readUuid } from '../../event-store-protocol/uuid.js';
import { WireError, WireReader } from '../../event-store-protocol/wire.js';
import { sanitizeText } from '../../sanitize/index.js';
import { EMPTY_STREAM } from '../event-log.js';

/** The store's answer to one append. */
export type AppendAnswer =
  /** Revision and position of the last event. */
  | { readonly kind: 'appended'; readonly revision: number; readonly position: number }
  /** `actual`: the stream's last revision, -1 for none. */
  | { readonly kind: 'conflict'; readonly actual: number }
  /** Nothing was written, and the same append will always be refused. `type` is the client's name for the reason. */
  | { readonly kind: 'refused'; readonly type: string; readonly reason: string }
  /** Nothing was written because the store can't write now. */
  | { readonly kind: 'not-written'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

export interface CorrelatedAnswer {
  readonly correlationId: string;
  readonly answer: AppendAnswer;
}

const CORRELATION_ID = 0x0a;
const ERROR = 0x12;
const SUCCESS = 0x1a;
const CURRENT_REVISION = 0x08;
const POSITION = 0x1a;
const COMMIT_POSITION = 0x08;

const INVALID_ARGUMENT = 3;
const RESOURCE_EXHAUSTED = 8;
const PACKAGE = 'event_store.client.';

/** Reads a `BatchAppendResp`. Errors: WireError. */
export function decodeAppendAnswer(message: Buffer): CorrelatedAnswer {
  let correlationId: string | undefined;
  let answer: AppendAnswer | undefined;
  const reader = new WireReader(message, 0, message.length);
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === CORRELATION_ID) correlationId = readUuid(reader.message());
    else if (tag === SUCCESS) answer = readSuccess(reader.message());
    else if (tag === ERROR) answer = readError(reader.bytes());
    else reader.skip(tag);
  }
  if (correlationId === undefined || !answer) throw new WireError('an answer says nothing');
  return { correlationId, answer };
}

function readSuccess(reader: WireReader): AppendAnswer {
  let revision = EMPTY_STREAM;
  let position = -1;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === CURRENT_REVISION) revision = reader.varint();
    else if (tag === POSITION) position = readCommitPosition(reader.message());
    else reader.skip(tag);
  }
  return { kind: 'appended', revision, position };
}

function readCommitPosition(reader: WireReader): number {
  let commit = 0;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === COMMIT_POSITION) commit = reader.varint();
    else reader.skip(tag);
  }
  return commit;
}

function readError(bytes: Buffer): AppendAnswer {
  const status = statusPb.Status.deserializeBinary(bytes);
  const reason = sanitizeText(status.getMessage());
  const details = status.getDetails();
  const name = details?.getTypeName().replace(PACKAGE, '');
  switch (name) {
    case 'WrongExpectedVersion': {
      const wrong = sharedPb.WrongExpectedVersion.deserializeBinary(
        details?.getValue_asU8() ?? new Uint8Array(),
      );
      const actual = wrong.hasCurrentStreamRevision()
        ? Number(wrong.getCurrentStreamRevision())
        : EMPTY_STREAM;
      return { kind: 'conflict', actual };
    }
    case 'StreamDeleted':
      return { kind: 'refused', type: 'stream-deleted', reason: 'the stream is deleted' };
    case 'AccessDenied':
      return { kind: 'refused', type: 'access-denied', reason: 'access is denied' };
    case 'MaximumAppendSizeExceeded':
      return { kind: 'refused', type: 'maximum-append-size-exceeded', reason: 'the append is too large' };
    default: {
      const code: number = status.getCode();
      if (code === INVALID_ARGUMENT) return { kind: 'refused', type: 'invalid-argument', reason };
      return {
        kind: code === RESOURCE_EXHAUSTED ? 'not-written' : 'unknown',
        reason: reason || 'no reason was given',
      };
    }
  }
}
