import { varintLength, writeVarint } from '../../event-store-protocol/wire.js';
import { EMPTY_STREAM, type ExpectedRevision, type StoredEvent } from '../event-log.js';

/** One append as `BatchAppend` sends it. */
export interface AppendRequest {
  /** A UUID of 36 characters; the answer repeats it. */
  readonly correlationId: string;
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly StoredEvent[];
  /**
   * How long the server may take after it received the request. A deadline as a point of time would make the append
   * fail when the two clocks differ.
   */
  readonly timeoutMs: number;
}

const CORRELATION_ID = 0x0a;
const OPTIONS = 0x12;
const PROPOSED_EVENT = 0x1a;
const IS_FINAL = 0x20;
const STREAM_IDENTIFIER = 0x0a;
const STREAM_NAME = 0x1a;
const AFTER_REVISION = 0x10;
const NO_STREAM = 0x1a;
const TIMEOUT = 0x3a;
const SECONDS = 0x08;
const NANOS = 0x10;
const ID = 0x0a;
const UUID_STRING = 0x12;
const METADATA_ENTRY = 0x12;
const CUSTOM_METADATA = 0x1a;
const DATA = 0x22;
const KEY = 0x0a;
const VALUE = 0x12;

const UUID_BYTES = 36;
const TYPE_KEY = Buffer.from('\x0a\x04type', 'latin1');
const JSON_ENTRY = entry('content-type', 'application/json');

function entry(key: string, value: string): Buffer {
  const inner = Buffer.concat([field(KEY, Buffer.from(key)), field(VALUE, Buffer.from(value))]);
  return field(METADATA_ENTRY, inner);
}

/** A field of bytes: tag, length, content. */
function field(tag: number, content: Buffer): Buffer {
  const head = Buffer.alloc(1 + varintLength(content.length));
  head[0] = tag;
  writeVarint(head, 1, content.length);
  return Buffer.concat([head, content]);
}

const fieldBytes = (content: number): number => 1 + varintLength(content) + content;

interface EncodedEvent {
  readonly id: string;
  readonly type: Buffer;
  readonly data: Buffer;
  readonly metadata: Buffer;
  readonly typeEntryBytes: number;
  readonly bytes: number;
}

/** The whole message `BatchAppendReq`. Each event is converted to JSON once and copied once. */
export function encodeAppendRequest(request: AppendRequest): Buffer {
  const { correlationId, events } = request;
  const options = encodeOptions(request);
  const encoded = events.map(measureEvent);
  let length = fieldBytes(2 + UUID_BYTES) + fieldBytes(options.length) + 2;
  for (const { bytes } of encoded) length += fieldBytes(bytes);
  const target = Buffer.allocUnsafe(length);
  let at = writeUuid(target, 0, CORRELATION_ID, correlationId);
  at = writeBytes(target, at, OPTIONS, options);
  for (const event of encoded) at = writeEvent(target, at, event);
  target[at] = IS_FINAL;
  target[at + 1] = 1;
  return target;
}

function encodeOptions({ stream, expected, timeoutMs }: AppendRequest): Buffer {
  const seconds = Math.floor(timeoutMs / 1000);
  const nanos = Math.floor((timeoutMs - seconds * 1000) * 1e6);
  return Buffer.concat([
    field(STREAM_IDENTIFIER, field(STREAM_NAME, Buffer.from(stream))),
    expected === EMPTY_STREAM ? Buffer.from([NO_STREAM, 0]) : numberField(AFTER_REVISION, expected),
    field(TIMEOUT, Buffer.concat([numberField(SECONDS, seconds), numberField(NANOS, nanos)])),
  ]);
}

function numberField(tag: number, value: number): Buffer {
  const target = Buffer.alloc(1 + varintLength(value));
  target[0] = tag;
  writeVarint(target, 1, value);
  return target;
}

function measureEvent({ id, type: typeName, data: value, metadata: envelope }: StoredEvent): EncodedEvent {
  if (id.length !== UUID_BYTES) throw new TypeError(`an event's id is a UUID, not ${JSON.stringify(id)}`);
  const type = Buffer.from(typeName);
  const data = Buffer.from(JSON.stringify(value));
  const metadata = Buffer.from(JSON.stringify(envelope));
  const typeEntryBytes = TYPE_KEY.length + fieldBytes(type.length);
  const bytes =
    fieldBytes(2 + UUID_BYTES) +
    fieldBytes(typeEntryBytes) +
    JSON_ENTRY.length +
    fieldBytes(metadata.length) +
    fieldBytes(data.length);
  return { id, type, data, metadata, typeEntryBytes, bytes };
}

function writeEvent(target: Buffer, offset: number, event: EncodedEvent): number {
  target[offset] = PROPOSED_EVENT;
  let at = writeVarint(target, offset + 1, event.bytes);
  at = writeUuid(target, at, ID, event.id);
  target[at] = METADATA_ENTRY;
  at = writeVarint(target, at + 1, event.typeEntryBytes);
  at += TYPE_KEY.copy(target, at);
  at = writeBytes(target, at, VALUE, event.type);
  at += JSON_ENTRY.copy(target, at);
  at = writeBytes(target, at, CUSTOM_METADATA, event.metadata);
  return writeBytes(target, at, DATA, event.data);
}

function writeUuid(target: Buffer, offset: number, tag: number, id: string): number {
  target[offset] = tag;
  target[offset + 1] = 2 + UUID_BYTES;
  target[offset + 2] = UUID_STRING;
  target[offset + 3] = UUID_BYTES;
  return offset + 4 + target.write(id, offset + 4, 'latin1');
}

function writeBytes(target: Buffer, offset: number, tag: number, content: Buffer): number {
  target[offset] = tag;
  const at = writeVarint(target, offset + 1, content.length);
  return at + content.copy(target, at);
}
