import { readUuid } from '../../event-store-protocol/uuid.js';
import { WireError, WireReader } from '../../event-store-protocol/wire.js';
import type { RawEvent, Subscribed } from '../event-log.js';
import { safeNumber } from './safe-number.js';

const EVENT = 0x0a;
const CHECKPOINT = 0x1a;
const CAUGHT_UP = 0x42;

const EVENT_OF_READ = 0x0a;

const ID = 0x0a;
const STREAM = 0x12;
const REVISION = 0x18;
const COMMIT_POSITION = 0x28;
const SYSTEM_METADATA = 0x32;
const METADATA = 0x3a;
const DATA = 0x42;

const STREAM_NAME = 0x1a;
const CHECKPOINT_COMMIT = 0x08;
const ENTRY_KEY = 0x0a;
const ENTRY_VALUE = 0x12;

const TYPE_KEY = Buffer.from('type');
const CONTENT_TYPE_KEY = Buffer.from('content-type');
const CREATED_KEY = Buffer.from('created');
/** The store counts time in steps of 100 ns. */
const TICKS_PER_MS = 10_000;
const JSON_CONTENT = Buffer.from('application/json');

/**
 * Decodes a `ReadResp`. Undefined for messages without events, such as the confirmation of a subscription. Data and
 * metadata that aren't JSON are returned as they are. Errors: WireError; RangeError for a revision or position
 * beyond 2^53.
 */
export function decodeReadAnswer(message: Buffer): Subscribed | undefined {
  const reader = new WireReader(message, 0, message.length);
  let answer: Subscribed | undefined;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === EVENT) {
      const event = readEvent(reader.message());
      if (event) answer = { kind: 'event', event };
    } else if (tag === CHECKPOINT)
      answer = { kind: 'checkpoint', position: readCheckpoint(reader.message()) };
    else if (tag === CAUGHT_UP) {
      reader.skip(tag);
      answer = { kind: 'caught-up' };
    } else reader.skip(tag);
  }
  return answer;
}

function readEvent(reader: WireReader): RawEvent | undefined {
  let event: RawEvent | undefined;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === EVENT_OF_READ) event = readRecordedEvent(reader.message());
    else reader.skip(tag);
  }
  return event;
}

function readRecordedEvent(reader: WireReader): RawEvent {
  let id: string | undefined;
  let stream: string | undefined;
  let revision = 0;
  let position = -1;
  const system = { type: '', isJson: false, recordedAt: 0 };
  let metadata: Buffer | undefined;
  let data: Buffer | undefined;
  while (!reader.done) {
    const tag = reader.varint();
    switch (tag) {
      case ID:
        id = readUuid(reader.message());
        break;
      case STREAM:
        stream = readStreamName(reader.message());
        break;
      case REVISION:
        revision = safeNumber(reader.varint());
        break;
      case COMMIT_POSITION:
        position = safeNumber(reader.varint());
        break;
      case SYSTEM_METADATA:
        readSystemMetadata(reader.message(), system);
        break;
      case METADATA:
        metadata = reader.bytes();
        break;
      case DATA:
        data = reader.bytes();
        break;
      default:
        reader.skip(tag);
    }
  }
  if (id === undefined || stream === undefined) throw new WireError('an event has no id or no stream');
  return {
    stream,
    revision,
    position,
    id,
    type: system.type,
    data: system.isJson && data ? jsonOr(data, data.toString('utf8')) : data,
    metadata: metadata && metadata.length > 0 ? jsonOr(metadata, metadata) : undefined,
    recordedAt: system.recordedAt || undefined,
    bytes: (data?.length ?? 0) + (metadata?.length ?? 0),
  };
}

/**
 * Reads one entry of the store's own metadata of an event: its type, the format of its data, or when it was
 * recorded.
 */
function readSystemMetadata(
  entry: WireReader,
  system: { type: string; isJson: boolean; recordedAt: number },
): void {
  let key: Buffer | undefined;
  while (!entry.done) {
    const tag = entry.varint();
    if (tag === ENTRY_KEY) key = entry.bytes();
    else if (tag !== ENTRY_VALUE || !key) entry.skip(tag);
    else if (key.equals(TYPE_KEY)) system.type = entry.text();
    else if (key.equals(CONTENT_TYPE_KEY)) system.isJson = entry.holds(JSON_CONTENT);
    else if (key.equals(CREATED_KEY)) system.recordedAt = Math.floor(Number(entry.latin1()) / TICKS_PER_MS);
    else entry.skip(tag);
  }
}

/** The parsed JSON, or `otherwise` if it can't be parsed; decoding the event reports that later. */
function jsonOr(bytes: Buffer, otherwise: unknown): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return otherwise;
  }
}

function readStreamName(reader: WireReader): string {
  let name = '';
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === STREAM_NAME) name = reader.text();
    else reader.skip(tag);
  }
  return name;
}

function readCheckpoint(reader: WireReader): number {
  let commit = 0;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === CHECKPOINT_COMMIT) commit = safeNumber(reader.varint());
    else reader.skip(tag);
  }
  return commit;
}
