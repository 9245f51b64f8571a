import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from '../storage/checksum.js';
import { readAllSync, syncFolder, writeAllSync } from '../storage/files.js';
import { STREAM_HASH_BYTES } from '../storage/record.js';
import { DamagedLogError } from '../storage/storage-errors.js';
import { addToBloomFilter, bloomFilterMayHold, createBloomFilter } from './bloom-filter.js';
import {
  ENTRY_BYTES,
  entryHasHash,
  entryPosition,
  entryRevision,
  indexKeyOf,
  KEY_BYTES,
} from './index-key.js';

/**
 * Entries of a block. An index file holds sorted entries and is written once. The first key of every block is kept in
 * memory, so that a look-up reads one block. Layout: entries, those keys, the bloom filter, a footer with the three
 * lengths and a checksum over keys and filter.
 */
const BLOCK_ENTRIES = 128;
const BLOCK_BYTES = BLOCK_ENTRIES * ENTRY_BYTES;
const FOOTER_BYTES = 40;
const MAGIC = 0x4f_50_49_58;
const WRITE_BUFFER_BYTES = 64 * BLOCK_BYTES;

export interface IndexFileInfo {
  readonly name: string;
  readonly entries: number;
  /** The file holds all events of positions from `from` up to `to`. */
  readonly from: number;
  readonly to: number;
}

export interface IndexFile extends IndexFileInfo {
  readonly fd: number;
  /** The first key of every block. */
  readonly fences: Buffer;
  readonly bloom: Buffer;
}

/** Revision and position of an event in the index. */
export interface IndexEntry {
  readonly revision: number;
  readonly position: number;
}

/** Opens an index file. Errors: DamagedLogError (the index can be made again from the log). */
export function openIndexFile(folder: string, info: IndexFileInfo): IndexFile {
  const path = join(folder, info.name);
  const fd = openSync(path, 'r');
  try {
    const entriesBytes = info.entries * ENTRY_BYTES;
    const fenceBytes = Math.ceil(info.entries / BLOCK_ENTRIES) * KEY_BYTES;
    const damaged = () => new DamagedLogError(`the index file ${path} is damaged`);
    const read = (length: number, position: number): Buffer => {
      const bytes = Buffer.alloc(length);
      if (readAllSync(fd, bytes, 0, length, position) < length) throw damaged();
      return bytes;
    };
    const fences = read(fenceBytes, entriesBytes);
    const bloomLength = read(4, entriesBytes + fenceBytes).readUInt32LE(0);
    const bloomStart = entriesBytes + fenceBytes + 4;
    const bloom = read(bloomLength, bloomStart);
    const footer = read(FOOTER_BYTES, bloomStart + bloomLength);
    const isWhole =
      footer.readUInt32LE(0) === MAGIC &&
      footer.readDoubleLE(8) === info.entries &&
      footer.readUInt32LE(4) === crc32(bloom, crc32(fences));
    if (!isWhole) throw damaged();
    return { ...info, fd, fences, bloom };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Closes the file; look-ups in it fail from then on. */
export function closeIndexFile(file: IndexFile): void {
  closeSync(file.fd);
}

/** Removes a file that may not exist. */
export function removeIndexFile(folder: string, name: string): void {
  rmSync(join(folder, name), { force: true });
}

/** Writes entries, given in the order of their keys, into a new index file. */
export interface IndexFileWriter {
  /** Adds a copy of the entry at `offset` in `buffer`. */
  add(buffer: Buffer, offset: number): void;
  /** Makes the file durable under its name and opens it. */
  finish(): IndexFile;
  /** Removes what was written. */
  abandon(): void;
}

/** Begins an index file; it has at most this many entries and streams. */
export function createIndexFileWriter(
  folder: string,
  info: Omit<IndexFileInfo, 'entries'>,
  { entriesMax, streamsMax }: { readonly entriesMax: number; readonly streamsMax: number },
): IndexFileWriter {
  const path = join(folder, info.name);
  const temporary = `${path}.tmp`;
  const fd = openSync(temporary, 'w');
  const pending = Buffer.allocUnsafe(Math.min(WRITE_BUFFER_BYTES, entriesMax * ENTRY_BYTES));
  const bloom = createBloomFilter(Math.min(streamsMax, entriesMax));
  const fences: Buffer[] = [];
  const lastHash = Buffer.alloc(STREAM_HASH_BYTES);
  let fill = 0;
  let written = 0;
  let entries = 0;

  function writeOut(): void {
    writeAllSync(fd, pending.subarray(0, fill), written);
    written += fill;
    fill = 0;
  }

  return {
    add(buffer, offset) {
      if (fill + ENTRY_BYTES > pending.length) writeOut();
      buffer.copy(pending, fill, offset, offset + ENTRY_BYTES);
      if (entries % BLOCK_ENTRIES === 0)
        fences.push(Buffer.from(buffer.subarray(offset, offset + KEY_BYTES)));
      if (entries === 0 || !entryHasHash(buffer, offset, lastHash)) {
        buffer.copy(lastHash, 0, offset, offset + STREAM_HASH_BYTES);
        addToBloomFilter(bloom, lastHash);
      }
      fill += ENTRY_BYTES;
      entries += 1;
    },
    finish() {
      writeOut();
      const head = Buffer.concat(fences);
      const bloomLength = Buffer.alloc(4);
      bloomLength.writeUInt32LE(bloom.length);
      const footer = Buffer.alloc(FOOTER_BYTES);
      footer.writeUInt32LE(MAGIC, 0);
      footer.writeUInt32LE(crc32(bloom, crc32(head)), 4);
      footer.writeDoubleLE(entries, 8);
      writeAllSync(fd, Buffer.concat([head, bloomLength, bloom, footer]), written);
      fsyncSync(fd);
      closeSync(fd);
      renameSync(temporary, path);
      syncFolder(dirname(path));
      return openIndexFile(folder, { ...info, entries });
    },
    abandon() {
      closeSync(fd);
      rmSync(temporary, { force: true });
    },
  };
}

const REVISION_MAX = 0xffff_ffff;

/** The block that was read last. Look-ups don't wait, so they share it. */
const scratch = Buffer.allocUnsafeSlow(BLOCK_BYTES);

/** Number of the first entry whose key is not below `key`; `entries` when there is none. */
function lowerBound(file: IndexFile, key: Buffer): number {
  let low = 0;
  let high = file.fences.length / KEY_BYTES;
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = middle * KEY_BYTES;
    if (file.fences.compare(key, 0, KEY_BYTES, at, at + KEY_BYTES) < 0) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return 0;
  const first = (low - 1) * BLOCK_ENTRIES;
  const count = readIndexEntries(file, first, BLOCK_ENTRIES, scratch);
  let from = 0;
  let to = count;
  while (from < to) {
    const middle = (from + to) >> 1;
    const at = middle * ENTRY_BYTES;
    if (scratch.compare(key, 0, KEY_BYTES, at, at + KEY_BYTES) < 0) from = middle + 1;
    else to = middle;
  }
  return first + from;
}

/** Reads entries from `first` on, up to `count`, and returns how many there were. */
export function readIndexEntries(file: IndexFile, first: number, count: number, target: Buffer): number {
  const wanted = Math.min(count, file.entries - first);
  if (wanted <= 0) return 0;
  const got = readAllSync(file.fd, target, 0, wanted * ENTRY_BYTES, first * ENTRY_BYTES);
  if (got < wanted * ENTRY_BYTES) throw new DamagedLogError(`the index file ${file.name} is cut off`);
  return wanted;
}

/** The newest entry of a stream in this file whose revision is at most `revision`. */
export function lastEntry(file: IndexFile, hash: Buffer, revision: number): IndexEntry | undefined {
  if (!bloomFilterMayHold(file.bloom, hash)) return undefined;
  const after = entriesUpTo(file, hash, revision);
  if (after === 0) return undefined;
  readIndexEntries(file, after - 1, 1, scratch);
  if (!entryHasHash(scratch, 0, hash)) return undefined;
  return { revision: entryRevision(scratch, 0), position: entryPosition(scratch, 0) };
}

/** The number of entries in the file up to this revision of the stream. */
function entriesUpTo(file: IndexFile, hash: Buffer, revision: number): number {
  // Only a tombstone has the highest revision, which has no next one to look for.
  if (revision < REVISION_MAX) return lowerBound(file, indexKeyOf(hash, revision + 1));
  const at = lowerBound(file, indexKeyOf(hash, REVISION_MAX));
  if (at >= file.entries) return at;
  readIndexEntries(file, at, 1, scratch);
  return entryHasHash(scratch, 0, hash) ? at + 1 : at;
}

/** Up to `count` entries of a stream from `revision` on, in ascending order, appended to `found`. */
export function entriesFrom(
  file: IndexFile,
  hash: Buffer,
  revision: number,
  count: number,
  found: IndexEntry[],
): void {
  if (!bloomFilterMayHold(file.bloom, hash)) return;
  let at = lowerBound(file, indexKeyOf(hash, revision));
  while (found.length < count) {
    const got = readIndexEntries(file, at, BLOCK_ENTRIES, scratch);
    for (let i = 0; i < got; i++) {
      const offset = i * ENTRY_BYTES;
      if (found.length >= count || !entryHasHash(scratch, offset, hash)) return;
      found.push({ revision: entryRevision(scratch, offset), position: entryPosition(scratch, offset) });
    }
    if (got < BLOCK_ENTRIES) return;
    at += got;
  }
}

/** Up to `count` entries of a stream from `revision` down, in descending order, appended to `found`. */
export function entriesDownFrom(
  file: IndexFile,
  hash: Buffer,
  revision: number,
  count: number,
  found: IndexEntry[],
): void {
  if (!bloomFilterMayHold(file.bloom, hash)) return;
  let end = entriesUpTo(file, hash, revision);
  while (found.length < count && end > 0) {
    const first = Math.max(0, end - BLOCK_ENTRIES);
    const got = readIndexEntries(file, first, end - first, scratch);
    for (let i = got - 1; i >= 0; i--) {
      const offset = i * ENTRY_BYTES;
      if (found.length >= count || !entryHasHash(scratch, offset, hash)) return;
      found.push({ revision: entryRevision(scratch, offset), position: entryPosition(scratch, offset) });
    }
    end = first;
  }
}
