import type { EventStoreLimits } from '../limits.js';
import { invalidArgument, unexpectedRequest } from '../protocol/grpc-status.js';
import type { EventToRecord } from '../storage/record.js';

/** Checks a stream's name. Errors: CallError; EventStoreDB has no special status for an empty name. */
export function checkStreamName(name: Buffer, { streamNameBytesMax }: EventStoreLimits): void {
  if (name.length === 0) throw unexpectedRequest();
  if (name.length > streamNameBytesMax) {
    throw invalidArgument(`A stream's name takes ${streamNameBytesMax} bytes at most.`);
  }
}

/** Errors: CallError (INVALID_ARGUMENT) for an event that the store doesn't take. */
export function checkEvent({ type }: EventToRecord, { eventTypeBytesMax }: EventStoreLimits): void {
  if (type.length > eventTypeBytesMax) {
    throw invalidArgument(`An event's type takes ${eventTypeBytesMax} bytes at most.`);
  }
}
