import { closeSync, fstatSync, openSync, read } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from './checksum.js';
import { readAllSync, replaceFile } from './files.js';
import { DamagedLogError } from './storage-errors.js';

const readAsync = promisify(read);

/**
 * Size of a log file's header. A file holds the records of positions `base` to `end`. In a file that isn't compacted,
 * a record's offset follows from its position; in a compacted file the remaining records have moved together, and a
 * sparse table gives offsets.
 */
export const SEGMENT_HEADER_BYTES = 64;
const MAGIC = Buffer.from('OPSLEDGE', 'latin1');
const FORMAT_VERSION = 1;
const NAME = /^segment-(\d{16})\.(\d+)\.log$/;

export interface SegmentHeader {
  readonly base: number;
  /** Set in compacted files only. */
  readonly end: number | undefined;
}

/** Offsets in a compacted file: the record of `positions[i]` is at file offset `offsets[i]`. */
export interface SparseTable {
  readonly positions: Float64Array;
  readonly offsets: Float64Array;
}

export interface Segment {
  readonly path: string;
  readonly base: number;
  readonly generation: number;
  readonly compacted: boolean;
  /** Position after the last record. */
  end: number;
  /** Bytes of header and records. */
  fileBytes: number;
  table: SparseTable | undefined;
  fd: number | undefined;
  /** Reads under way; the file stays open until they end. */
  pins: number;
  /** Close the file when the last read has ended. */
  closing: boolean;
  lastUsed: number;
}

/** The name of the log file that begins at `base`; each compaction of it has the next generation. */
export function segmentFileName(base: number, generation: number): string {
  return `segment-${String(base).padStart(16, '0')}.${generation}.log`;
}

/** The beginning and generation in a log file's name; undefined for another file. */
export function parseSegmentFileName(name: string): { base: number; generation: number } | undefined {
  const match = NAME.exec(name);
  return match ? { base: Number(match[1]), generation: Number(match[2]) } : undefined;
}

/** The first bytes of a log file; `end` is given for compacted files. */
export function encodeSegmentHeader({ base, end }: SegmentHeader): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(FORMAT_VERSION, 8);
  header.writeUInt32LE(end === undefined ? 0 : 1, 12);
  header.writeDoubleLE(base, 16);
  header.writeDoubleLE(end ?? 0, 24);
  header.writeUInt32LE(crc32(header.subarray(0, 60)), 60);
  return header;
}

/** Creates the empty log file that begins at `base`, durably, and returns its name. */
export function createSegment(folder: string, base: number): string {
  const name = segmentFileName(base, 0);
  replaceFile(join(folder, name), encodeSegmentHeader({ base, end: undefined }));
  return name;
}

/** Opens the file and checks its header. Errors: DamagedLogError. */
export function openSegment(folder: string, name: string): Segment {
  const parsed = parseSegmentFileName(name);
  if (!parsed) throw new DamagedLogError(`${name} is not the name of a log file`);
  const path = join(folder, name);
  const fd = openSync(path, 'r');
  try {
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
    const got = readAllSync(fd, header, 0, header.length, 0);
    const { base, end } = decodeSegmentHeader(header.subarray(0, got), path);
    if (base !== parsed.base) throw new DamagedLogError(`${path} says that it begins at ${base}`);
    const fileBytes = fstatSync(fd).size;
    return {
      path,
      base,
      generation: parsed.generation,
      compacted: end !== undefined,
      end: end ?? base + fileBytes - SEGMENT_HEADER_BYTES,
      fileBytes,
      table: undefined,
      fd,
      pins: 0,
      closing: false,
      lastUsed: 0,
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function decodeSegmentHeader(header: Buffer, path: string): SegmentHeader {
  if (header.length < SEGMENT_HEADER_BYTES || header.readUInt32LE(60) !== crc32(header.subarray(0, 60))) {
    throw new DamagedLogError(`${path} is damaged at byte 0: its header isn't whole`);
  }
  if (!header.subarray(0, 8).equals(MAGIC)) throw new DamagedLogError(`${path} is not a file of this store`);
  const version = header.readUInt32LE(8);
  if (version !== FORMAT_VERSION) {
    throw new DamagedLogError(`${path} has format ${version}; this program reads ${FORMAT_VERSION}`);
  }
  return {
    base: header.readDoubleLE(16),
    end: header.readUInt32LE(12) === 1 ? header.readDoubleLE(24) : undefined,
  };
}

/** File offset of the record of `position`, in a file that isn't compacted. */
export const plainOffset = (segment: Segment, position: number): number =>
  SEGMENT_HEADER_BYTES + position - segment.base;

/** Position of the record at a file offset, in a file that isn't compacted. */
export const plainPosition = (segment: Segment, offset: number): number =>
  segment.base + offset - SEGMENT_HEADER_BYTES;

/** The file descriptor of a log file, which is opened when it is first needed. */
export function segmentFd(segment: Segment): number {
  segment.fd ??= openSync(segment.path, 'r');
  return segment.fd;
}

/**
 * Reads up to `length` bytes at `offset` without blocking; the file stays open meanwhile. Reads into `into` if that
 * is large enough.
 */
export async function readSegment(
  segment: Segment,
  offset: number,
  length: number,
  into?: Buffer,
): Promise<Buffer> {
  const buffer = into && into.length >= length ? into : Buffer.allocUnsafeSlow(length);
  const fd = segmentFd(segment);
  segment.pins += 1;
  try {
    let got = 0;
    while (got < length) {
      const { bytesRead } = await readAsync(fd, buffer, got, length - got, offset + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    return buffer.subarray(0, got);
  } finally {
    segment.pins -= 1;
    if (segment.closing) closeSegment(segment);
  }
}

/** Closes the file now, or when the last read has ended. */
export function closeSegment(segment: Segment): void {
  if (segment.pins > 0) {
    segment.closing = true;
    return;
  }
  if (segment.fd !== undefined) closeSync(segment.fd);
  segment.fd = undefined;
  segment.closing = false;
}
