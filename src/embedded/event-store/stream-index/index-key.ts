import * as crypto from 'node:crypto';
import { STREAM_HASH_BYTES } from '../storage/record.js';

/**
 * Size of an index key: the hash of the stream's name, then the revision in big-endian, so that keys compare as
 * bytes.
 */
export const KEY_BYTES = STREAM_HASH_BYTES + 4;
/** A key and the position of the event. */
export const ENTRY_BYTES = KEY_BYTES + 8;

/**
 * 128 bits of SHA-256. Two streams don't share a hash by accident, and two such names can't be constructed, so the
 * index need not hold the names.
 */
export function streamHash(name: Buffer): Buffer {
  return sha256(name).subarray(0, STREAM_HASH_BYTES);
}

// `crypto.hash` is faster; Node.js has it from 20.12 on.
const sha256: (data: Buffer) => Buffer =
  typeof crypto.hash === 'function'
    ? (data) => crypto.hash('sha256', data, 'buffer')
    : (data) => crypto.createHash('sha256').update(data).digest();

/** Writes a key into a buffer. */
export function writeKey(target: Buffer, offset: number, hash: Buffer, revision: number): void {
  hash.copy(target, offset, 0, STREAM_HASH_BYTES);
  target.writeUInt32BE(revision, offset + STREAM_HASH_BYTES);
}

/** The key of an event. */
export function indexKeyOf(hash: Buffer, revision: number): Buffer {
  const key = Buffer.allocUnsafe(KEY_BYTES);
  writeKey(key, 0, hash, revision);
  return key;
}

/** The revision of the entry at an offset. */
export const entryRevision = (buffer: Buffer, offset: number): number =>
  buffer.readUInt32BE(offset + STREAM_HASH_BYTES);
/** The position in the log of the entry at an offset. */
export const entryPosition = (buffer: Buffer, offset: number): number =>
  buffer.readDoubleBE(offset + KEY_BYTES);

/** Whether the entry at `offset` belongs to the stream with this hash. */
export function entryHasHash(buffer: Buffer, offset: number, hash: Buffer): boolean {
  return buffer.compare(hash, 0, STREAM_HASH_BYTES, offset, offset + STREAM_HASH_BYTES) === 0;
}
