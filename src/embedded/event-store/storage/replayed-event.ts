import {
  recordId,
  recordLength,
  recordPosition,
  recordRevision,
  recordStreamHash,
  recordStreamName,
  recordType,
} from './record.js';

/** The fields of an event that opening a log needs, copied out of the read buffer. */
export interface ReplayedEvent {
  readonly id: string;
  readonly type: string;
  readonly streamName: string;
  readonly streamHash: Buffer;
  readonly revision: number;
  readonly position: number;
  /** Position after the event. */
  readonly end: number;
}

/** The fields of a record that the index and the ids need. */
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
