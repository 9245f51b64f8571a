import {
  recordId,
  recordLength,
  recordPosition,
  recordRevision,
  recordStreamHash,
  recordStreamName,
  recordType,
} from './record.js';

/** What opening a log learns from one of its events, copied out of the buffer it was read into. */
export interface ReplayedEvent {
  readonly id: string;
  readonly type: string;
  readonly streamName: string;
  readonly streamHash: Buffer;
  readonly revision: number;
  readonly position: number;
  /** Position behind it. */
  readonly end: number;
}

export function replayedEvent(buffer: Buffer, offset: number): ReplayedEvent {
  const position = recordPosition(buffer, offset);
  return {
    id: recordId(buffer, offset),
    type: recordType(buffer, offset),
    streamName: recordStreamName(buffer, offset),
    streamHash: Buffer.from(recordStreamHash(buffer, offset)),
    revision: recordRevision(buffer, offset),
    position,
    end: position + recordLength(buffer, offset),
  };
}
