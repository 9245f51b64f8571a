import { WireError, type WireReader } from '../../../event-store-protocol/wire.js';
import { ANY, NO_STREAM, STREAM_EXISTS } from '../store/append-check.js';

/**
 * The stream and the expected revision of an append. The options of Append and BatchAppend share their first five
 * fields.
 */
export interface AppendRequestOptions {
  readonly streamName: Buffer;
  /** A revision, or ANY, NO_STREAM, STREAM_EXISTS. Numbers beyond 2^53 are rounded; no stream is that long. */
  readonly expected: number;
  /** The deadline by the client's clock, milliseconds since 1970. */
  readonly deadlineMs: number | undefined;
  /** Time from receiving the request; it doesn't depend on the client's clock. */
  readonly timeoutMs: number | undefined;
}

const STREAM_IDENTIFIER = 0x0a;
const REVISION = 0x10;
const NO_STREAM_TAG = 0x1a;
const ANY_TAG = 0x22;
const STREAM_EXISTS_TAG = 0x2a;
const DEADLINE = 0x32;
const TIMEOUT = 0x3a;
const STREAM_NAME = 0x1a;
const SECONDS = 0x08;
const NANOS = 0x10;

/** Reads the options of an append. Errors: WireError when the stream or the expected revision is missing. */
export function readAppendOptions(reader: WireReader): AppendRequestOptions {
  let streamName: Buffer | undefined;
  let expected: number | undefined;
  let deadlineMs: number | undefined;
  let timeoutMs: number | undefined;
  while (!reader.done) {
    const tag = reader.varint();
    switch (tag) {
      case STREAM_IDENTIFIER:
        streamName = readStreamName(reader.message());
        break;
      case REVISION:
        expected = reader.varint();
        break;
      case NO_STREAM_TAG:
        reader.skip(tag);
        expected = NO_STREAM;
        break;
      case ANY_TAG:
        reader.skip(tag);
        expected = ANY;
        break;
      case STREAM_EXISTS_TAG:
        reader.skip(tag);
        expected = STREAM_EXISTS;
        break;
      case DEADLINE:
        deadlineMs = readMs(reader.message());
        break;
      case TIMEOUT:
        timeoutMs = readMs(reader.message());
        break;
      default:
        reader.skip(tag);
    }
  }
  if (streamName === undefined) throw new WireError('an append names no stream');
  if (expected === undefined) throw new WireError('an append says no expected revision');
  return { streamName, expected, deadlineMs, timeoutMs };
}

function readStreamName(reader: WireReader): Buffer {
  let name: Buffer = Buffer.alloc(0);
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === STREAM_NAME) name = reader.bytes();
    else reader.skip(tag);
  }
  return name;
}

/** Reads a `Timestamp` or a `Duration`, which have the same fields. A negative one becomes a very large number. */
function readMs(reader: WireReader): number {
  let ms = 0;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === SECONDS) ms += reader.varint() * 1000;
    else if (tag === NANOS) ms += reader.varint() / 1e6;
    else reader.skip(tag);
  }
  return ms;
}
