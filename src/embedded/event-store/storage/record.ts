import { varintLength, writeVarint } from '../../../event-store-protocol/wire.js';
import { crc32 } from './checksum.js';

/**
 * The form of an event in the log: a header for the store, then the event exactly as it is sent to readers (a gRPC
 * frame around a `ReadResp`), then its length again so that the log can be read backwards.
 *
 * | offset | what |
 * |---|---|
 * | 0 | u32 length of the whole record |
 * | 4 | u32 CRC-32 of everything between here and the closing length |
 * | 8 | f64 position of this record in the log |
 * | 16 | f64 end of the log that was already on disk when this record was written |
 * | 24 | f64 time of the append, milliseconds since 1970 |
 * | 32 | u32 revision (`TOMBSTONE` for the event that ends a stream) |
 * | 36 | u32 how many events of the same append follow |
 * | 40 | u16 offset, u16 length of the stream name |
 * | 44 | u16 offset, u16 length of the event type |
 * | 48 | u16 offset of the event id (36 characters) |
 * | 50 | u16 reserved |
 * | 52 | 16 bytes hash of the stream name |
 * | 68 | the gRPC frame |
 * | length - 4 | u32 length |
 */
const RECORD_HEADER_BYTES = 68;
const TRAILER_BYTES = 4;
export const RECORD_OVERHEAD_BYTES = RECORD_HEADER_BYTES + TRAILER_BYTES;
export const STREAM_HASH_BYTES = 16;
/** How the index and the records represent the revision 2^63-1 of a `$streamDeleted` event. */
export const TOMBSTONE = 0xffff_ffff;
const ID_BYTES = 36;
const TOMBSTONE_VARINT = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);

export interface EventToRecord {
  /** Lower-case UUID. */
  readonly id: string;
  readonly type: Buffer;
  readonly isJson: boolean;
  readonly data: Buffer;
  readonly metadata: Buffer;
}

export interface RecordPlace {
  readonly position: number;
  readonly durableEnd: number;
  readonly createdMs: number;
  readonly revision: number;
  readonly remaining: number;
  readonly streamName: Buffer;
  readonly streamHash: Buffer;
}

const JSON_ENTRY = mapEntry('content-type', 'application/json');
const BINARY_ENTRY = mapEntry('content-type', 'application/octet-stream');
const TYPE_KEY = Buffer.from('\x0a\x04type\x12', 'latin1');
const CREATED_KEY = Buffer.from('\x0a\x07created\x12', 'latin1');
/** `created` is in ticks of 100 ns since 1970. */
const TICKS_PER_MS = '0000';

function mapEntry(key: string, value: string): Buffer {
  const inner = Buffer.from(
    `\x0a${String.fromCharCode(key.length)}${key}\x12${String.fromCharCode(value.length)}${value}`,
    'latin1',
  );
  return Buffer.concat([Buffer.from([0x32, inner.length]), inner]);
}

/** The lengths that `encodeRecord` needs, computed once. */
export interface RecordShape {
  readonly length: number;
  readonly frameBytes: number;
  readonly readEventBytes: number;
  readonly recordedBytes: number;
  readonly created: string;
}

/** Computes the lengths of an event's record at this place. */
export function shapeOfRecord(event: EventToRecord, place: RecordPlace): RecordShape {
  const position = varintLength(place.position);
  const name = place.streamName.length;
  const nameInner = 1 + varintLength(name) + name;
  const type = event.type.length;
  const typeInner = TYPE_KEY.length + varintLength(type) + type;
  const created = `${place.createdMs}${TICKS_PER_MS}`;
  const createdInner = CREATED_KEY.length + 1 + created.length;
  const revision = place.revision === TOMBSTONE ? TOMBSTONE_VARINT.length : varintLength(place.revision);
  const recordedBytes =
    4 +
    ID_BYTES +
    1 +
    varintLength(nameInner) +
    nameInner +
    1 +
    revision +
    2 * (1 + position) +
    1 +
    varintLength(typeInner) +
    typeInner +
    2 +
    createdInner +
    (event.isJson ? JSON_ENTRY : BINARY_ENTRY).length +
    optionalBytes(event.metadata) +
    optionalBytes(event.data);
  const readEventBytes = 1 + varintLength(recordedBytes) + recordedBytes + 1 + position;
  const frameBytes = 5 + 1 + varintLength(readEventBytes) + readEventBytes;
  return { length: RECORD_OVERHEAD_BYTES + frameBytes, frameBytes, readEventBytes, recordedBytes, created };
}

function optionalBytes(value: Buffer): number {
  return value.length === 0 ? 0 : 1 + varintLength(value.length) + value.length;
}

/** Writes the record of `event` at `start`; `target` must have `shape.length` bytes there. */
export function encodeRecord(
  target: Buffer,
  start: number,
  event: EventToRecord,
  place: RecordPlace,
  shape: RecordShape,
): void {
  target.writeUInt32LE(shape.length, start);
  target.writeDoubleLE(place.position, start + 8);
  target.writeDoubleLE(place.durableEnd, start + 16);
  target.writeDoubleLE(place.createdMs, start + 24);
  target.writeUInt32LE(place.revision, start + 32);
  target.writeUInt32LE(place.remaining, start + 36);
  target.writeUInt16LE(0, start + 50);
  place.streamHash.copy(target, start + 52);

  let at = start + RECORD_HEADER_BYTES;
  target[at] = 0;
  target.writeUInt32BE(shape.frameBytes - 5, at + 1);
  target[at + 5] = 0x0a;
  at = writeVarint(target, at + 6, shape.readEventBytes);
  target[at++] = 0x0a;
  at = writeVarint(target, at, shape.recordedBytes);

  target[at] = 0x0a;
  target[at + 1] = 2 + ID_BYTES;
  target[at + 2] = 0x12;
  target[at + 3] = ID_BYTES;
  target.writeUInt16LE(at + 4 - start, start + 48);
  at += 4 + target.write(event.id, at + 4, ID_BYTES, 'latin1');

  const name = place.streamName.length;
  target[at] = 0x12;
  at = writeVarint(target, at + 1, 1 + varintLength(name) + name);
  target[at] = 0x1a;
  at = writeVarint(target, at + 1, name);
  target.writeUInt16LE(at - start, start + 40);
  target.writeUInt16LE(name, start + 42);
  at += place.streamName.copy(target, at);

  target[at] = 0x18;
  if (place.revision === TOMBSTONE) at += 1 + TOMBSTONE_VARINT.copy(target, at + 1);
  else at = writeVarint(target, at + 1, place.revision);
  target[at] = 0x20;
  at = writeVarint(target, at + 1, place.position);
  target[at] = 0x28;
  at = writeVarint(target, at + 1, place.position);

  const type = event.type.length;
  target[at] = 0x32;
  at = writeVarint(target, at + 1, TYPE_KEY.length + varintLength(type) + type);
  at += TYPE_KEY.copy(target, at);
  at = writeVarint(target, at, type);
  target.writeUInt16LE(at - start, start + 44);
  target.writeUInt16LE(type, start + 46);
  at += event.type.copy(target, at);

  target[at] = 0x32;
  target[at + 1] = CREATED_KEY.length + 1 + shape.created.length;
  at += 2 + CREATED_KEY.copy(target, at + 2);
  target[at] = shape.created.length;
  at += 1 + target.write(shape.created, at + 1, 'latin1');
  at += (event.isJson ? JSON_ENTRY : BINARY_ENTRY).copy(target, at);

  at = writeOptional(target, at, 0x3a, event.metadata);
  at = writeOptional(target, at, 0x42, event.data);
  target[at] = 0x18;
  at = writeVarint(target, at + 1, place.position);

  target.writeUInt32LE(shape.length, at);
  target.writeUInt32LE(crc32(target.subarray(start + 8, at)), start + 4);
}

function writeOptional(target: Buffer, offset: number, tag: number, value: Buffer): number {
  if (value.length === 0) return offset;
  target[offset] = tag;
  const at = writeVarint(target, offset + 1, value.length);
  return at + value.copy(target, at);
}

/** A record inside a buffer. Fields are read when they are needed, and nothing is copied. */
export interface RecordView {
  readonly buffer: Buffer;
  readonly offset: number;
}

/** Bytes of the whole record at an offset. */
export const recordLength = (buffer: Buffer, offset: number): number => buffer.readUInt32LE(offset);
/** The position in the log. */
export const recordPosition = (buffer: Buffer, offset: number): number => buffer.readDoubleLE(offset + 8);
/** The position before which everything was on disk when the record was written. */
export const recordDurableEnd = (buffer: Buffer, offset: number): number => buffer.readDoubleLE(offset + 16);
/** When it was written, milliseconds since 1970. */
export const recordCreatedMs = (buffer: Buffer, offset: number): number => buffer.readDoubleLE(offset + 24);
/** The revision in its stream. */
export const recordRevision = (buffer: Buffer, offset: number): number => buffer.readUInt32LE(offset + 32);
/** How many records of the same append follow. */
export const recordRemaining = (buffer: Buffer, offset: number): number => buffer.readUInt32LE(offset + 36);

/** The hash of the stream’s name, without a copy. */
export function recordStreamHash(buffer: Buffer, offset: number): Buffer {
  return buffer.subarray(offset + 52, offset + 52 + STREAM_HASH_BYTES);
}

/** The name of the stream. */
export function recordStreamName(buffer: Buffer, offset: number): string {
  const start = offset + buffer.readUInt16LE(offset + 40);
  return buffer.toString('utf8', start, start + buffer.readUInt16LE(offset + 42));
}

/** The type of the event. */
export function recordType(buffer: Buffer, offset: number): string {
  const start = offset + buffer.readUInt16LE(offset + 44);
  return buffer.toString('utf8', start, start + buffer.readUInt16LE(offset + 46));
}

/** The id of the event, a UUID. */
export function recordId(buffer: Buffer, offset: number): string {
  const start = offset + buffer.readUInt16LE(offset + 48);
  return buffer.toString('latin1', start, start + ID_BYTES);
}

/** Offsets at which the record's gRPC frame begins and ends. */
export const recordFrameStart = (offset: number): number => offset + RECORD_HEADER_BYTES;
/** The offset at which the frame of a record ends and its trailer begins. */
export const recordFrameEnd = (buffer: Buffer, offset: number): number =>
  offset + recordLength(buffer, offset) - TRAILER_BYTES;

/** The `RecordedEvent` message inside the frame. */
export function recordedEventBytes(buffer: Buffer, offset: number): Buffer {
  const start = offset + buffer.readUInt16LE(offset + 48) - 4;
  const commitPosition = 1 + varintLength(recordPosition(buffer, offset));
  return buffer.subarray(start, recordFrameEnd(buffer, offset) - commitPosition);
}

export type RecordCheck = 'whole' | 'cut-off' | 'damaged';

/**
 * Checks whether a whole record with this position is at `offset`. If `position` is undefined, the position isn't
 * checked, as in compacted files, whose records have moved.
 */
export function checkRecord(buffer: Buffer, offset: number, end: number, position?: number): RecordCheck {
  if (end - offset < RECORD_OVERHEAD_BYTES) return 'cut-off';
  const length = recordLength(buffer, offset);
  if (length < RECORD_OVERHEAD_BYTES) return 'damaged';
  if (length > end - offset) return 'cut-off';
  if (position !== undefined && recordPosition(buffer, offset) !== position) return 'damaged';
  const bodyEnd = offset + length - TRAILER_BYTES;
  if (buffer.readUInt32LE(bodyEnd) !== length) return 'damaged';
  return crc32(buffer.subarray(offset + 8, bodyEnd)) === buffer.readUInt32LE(offset + 4)
    ? 'whole'
    : 'damaged';
}
