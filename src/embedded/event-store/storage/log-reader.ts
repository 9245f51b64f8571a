import { readAllSync } from './files.js';
import { type LogState, segmentAt, segmentBefore, useSegment } from './log-state.js';
import {
  checkRecord,
  RECORD_OVERHEAD_BYTES,
  type RecordView,
  recordLength,
  recordPosition,
} from './record.js';
import { damagedAt, readSeal, sealByScanning, tableOf } from './seal.js';
import { plainOffset, readSegment, SEGMENT_HEADER_BYTES, type Segment, segmentFd } from './segment.js';
import { InvalidPositionError, nodeErrorCode } from './storage-errors.js';

/** Whole records in memory, from position `start` to `end`. */
export interface RecordBlock {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
  /**
   * True: the block is in the caller's memory and may be kept. False: it is the log's own memory, valid until the
   * next await.
   */
  readonly fromFile: boolean;
}

/** How to read a block. */
export interface BlockOptions {
  /** Begin at the first record at or after the position. */
  readonly closest?: boolean;
  /**
   * Gives the memory that files are read into; its size is the most that is read at once, except for a larger record.
   * 4 KiB by default.
   */
  readonly into?: () => Buffer;
}

const FIRST_READ_BYTES = 4096;
const LOOK_AHEAD_BYTES = 256 * 1024;
const REPLACED_ATTEMPTS_MAX = 3;

const firstRead = () => Buffer.allocUnsafe(FIRST_READ_BYTES);
const scratch = Buffer.allocUnsafeSlow(FIRST_READ_BYTES);

/**
 * The record at a position from the index, or undefined when it was removed. The view is valid until the next call.
 * Errors: DamagedLogError.
 */
export function readRecord(log: LogState, position: number): RecordView | undefined {
  const inMemory = log.tail.at(position);
  if (inMemory) return { buffer: inMemory.buffer, offset: inMemory.offset };
  const segment = segmentAt(log, position);
  if (!segment) return undefined;
  useSegment(log, segment);
  if (segment.compacted) return readCompacted(segment, position);
  return readAt(segment, plainOffset(segment, position), position);
}

function readAt(segment: Segment, offset: number, position: number | undefined): RecordView | undefined {
  const fd = segmentFd(segment);
  const got = readAllSync(fd, scratch, 0, Math.min(scratch.length, segment.fileBytes - offset), offset);
  let buffer = scratch;
  let available = got;
  if (got >= RECORD_OVERHEAD_BYTES) {
    const length = recordLength(scratch, 0);
    if (length > got && length <= segment.fileBytes - offset) {
      buffer = Buffer.allocUnsafe(length);
      available = readAllSync(fd, buffer, 0, length, offset);
    }
  }
  if (checkRecord(buffer, 0, available, position) !== 'whole') throw damagedAt(segment, offset);
  return { buffer, offset: 0 };
}

function readCompacted(segment: Segment, position: number): RecordView | undefined {
  const offset = locateInCompacted(segment, position);
  if (offset >= segment.fileBytes) return undefined;
  const record = readAt(segment, offset, undefined);
  return record && recordPosition(record.buffer, record.offset) === position ? record : undefined;
}

/** File offset of the first record at or after `position`; the end of the file when there is none. */
function locateInCompacted(segment: Segment, position: number): number {
  const { positions, offsets } = tableFor(segment);
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((positions[middle] ?? 0) <= position) low = middle + 1;
    else high = middle;
  }
  let offset = low === 0 ? SEGMENT_HEADER_BYTES : (offsets[low - 1] ?? SEGMENT_HEADER_BYTES);
  const head = Buffer.allocUnsafe(Math.min(LOOK_AHEAD_BYTES, segment.fileBytes));
  for (;;) {
    const got = readAllSync(segmentFd(segment), head, 0, head.length, offset);
    let at = 0;
    while (at + RECORD_OVERHEAD_BYTES <= got) {
      if (recordPosition(head, at) >= position) return offset + at;
      const length = recordLength(head, at);
      if (length < RECORD_OVERHEAD_BYTES) throw damagedAt(segment, offset + at);
      at += length;
    }
    if (at === 0) return segment.fileBytes;
    offset += at;
  }
}

function tableFor(segment: Segment) {
  segment.table ??= tableOf(readSeal(segment) ?? sealByScanning(segment));
  return segment.table;
}

/**
 * Whole records that are on disk, starting at `position`, or undefined at the end of the log. A record must start at
 * the position, unless events around it were removed or `closest` is set. Errors: InvalidPositionError,
 * DamagedLogError.
 */
export function readForwards(
  log: LogState,
  position: number,
  options: BlockOptions = {},
): Promise<RecordBlock | undefined> {
  return retryIfReplaced(() => readForwardsOnce(log, position, options));
}

/** Reads again if compaction replaced the file meanwhile; the new file has the same events. */
async function retryIfReplaced<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      if (nodeErrorCode(error) !== 'ENOENT' || attempt === REPLACED_ATTEMPTS_MAX) throw error;
    }
  }
}

async function readForwardsOnce(
  log: LogState,
  position: number,
  { closest = false, into = firstRead }: BlockOptions,
): Promise<RecordBlock | undefined> {
  if (position >= log.durableEnd) return undefined;
  const inMemory = log.tail.at(position);
  if (inMemory) {
    const { buffer, offset, base, limit } = inMemory;
    if (recordPositionAt(buffer, offset, limit) !== position) throw new InvalidPositionError();
    return { buffer, start: offset, end: Math.min(limit, log.durableEnd - base), fromFile: false };
  }
  let segment = segmentAt(log, position);
  let from = position;
  while (segment) {
    useSegment(log, segment);
    const offset = segment.compacted ? locateInCompacted(segment, from) : plainOffset(segment, from);
    const exact = !segment.compacted && !closest && from === position;
    const block = await readBlock(log, segment, { offset, into, position: exact ? position : undefined });
    if (block) return block;
    // Compaction removed everything after the position from this file; continue in the next file.
    from = segment.end;
    if (from >= log.durableEnd) return undefined;
    if (log.tail.at(from)) return readForwardsOnce(log, from, { into });
    segment = segmentAt(log, from);
  }
  throw new InvalidPositionError();
}

function recordPositionAt(buffer: Buffer, offset: number, limit: number): number | undefined {
  return offset + RECORD_OVERHEAD_BYTES <= limit ? recordPosition(buffer, offset) : undefined;
}

async function readBlock(
  log: LogState,
  segment: Segment,
  from: { readonly offset: number; readonly into: () => Buffer; readonly position: number | undefined },
): Promise<RecordBlock | undefined> {
  const { offset, into, position } = from;
  const fileEnd = durableFileEnd(log, segment);
  if (offset >= fileEnd) return undefined;
  const memory = into();
  let buffer = await readSegment(segment, offset, Math.min(memory.length, fileEnd - offset), memory);
  if (position !== undefined && recordPositionAt(buffer, 0, buffer.length) !== position) {
    throw new InvalidPositionError();
  }
  const first = buffer.length >= RECORD_OVERHEAD_BYTES ? recordLength(buffer, 0) : 0;
  if (first > buffer.length && first <= fileEnd - offset) buffer = await readSegment(segment, offset, first);
  const end = checkAll(segment, buffer, offset);
  return { buffer, start: 0, end, fromFile: true };
}

/** Checks the records of a block and returns where the last whole one ends. */
function checkAll(segment: Segment, buffer: Buffer, fileOffset: number): number {
  let at = 0;
  for (;;) {
    const check = checkRecord(buffer, at, buffer.length);
    if (check === 'damaged' || (check === 'cut-off' && at === 0)) throw damagedAt(segment, fileOffset + at);
    if (check === 'cut-off') return at;
    at += recordLength(buffer, at);
  }
}

function durableFileEnd(log: LogState, segment: Segment): number {
  if (segment.compacted || segment !== log.segments.at(-1)) return segment.fileBytes;
  return plainOffset(segment, log.durableEnd);
}

/**
 * Whole records of which the last one ends at `position`, or undefined at the start of the log. The length at each
 * record's end leads to the record before. Errors: InvalidPositionError, DamagedLogError.
 */
export function readBackwards(
  log: LogState,
  position: number,
  { into = firstRead }: Pick<BlockOptions, 'into'> = {},
): Promise<RecordBlock | undefined> {
  return retryIfReplaced(() => readBackwardsOnce(log, position, into));
}

async function readBackwardsOnce(
  log: LogState,
  position: number,
  into: () => Buffer,
): Promise<RecordBlock | undefined> {
  const inMemory = log.tail.before(position);
  if (inMemory && position <= log.durableEnd) {
    return { buffer: inMemory.buffer, start: inMemory.offset, end: inMemory.limit, fromFile: false };
  }
  let segment = segmentAt(log, position - 1);
  while (segment) {
    useSegment(log, segment);
    const endOffset = segment.compacted
      ? locateInCompacted(segment, position)
      : plainOffset(segment, position);
    if (endOffset > SEGMENT_HEADER_BYTES) return readBlockBefore(segment, endOffset, into());
    segment = segmentBefore(log, segment);
  }
  return undefined;
}

async function readBlockBefore(segment: Segment, endOffset: number, into: Buffer): Promise<RecordBlock> {
  let startOffset = Math.max(SEGMENT_HEADER_BYTES, endOffset - into.length);
  let buffer = await readSegment(segment, startOffset, endOffset - startOffset, into);
  const last = buffer.length >= 4 ? buffer.readUInt32LE(buffer.length - 4) : 0;
  if (last > buffer.length && last <= endOffset - SEGMENT_HEADER_BYTES) {
    startOffset = endOffset - last;
    buffer = await readSegment(segment, startOffset, last);
  }
  let start = buffer.length;
  while (start >= RECORD_OVERHEAD_BYTES) {
    const length = buffer.readUInt32LE(start - 4);
    if (length < RECORD_OVERHEAD_BYTES) throw startOffsetError(segment, startOffset + start, buffer, start);
    if (length > start) break;
    if (checkRecord(buffer, start - length, start) !== 'whole') {
      throw startOffsetError(segment, startOffset + start - length, buffer, start);
    }
    start -= length;
  }
  return { buffer, start, end: buffer.length, fromFile: true };
}

/** A mismatch at the end of a block means a wrong position; anywhere else it means damaged data. */
function startOffsetError(segment: Segment, offset: number, buffer: Buffer, end: number): Error {
  return end === buffer.length ? new InvalidPositionError() : damagedAt(segment, offset);
}
