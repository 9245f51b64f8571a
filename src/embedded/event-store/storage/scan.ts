import { readAllSync } from './files.js';
import { checkRecord, recordDurableEnd, recordLength, recordPosition, recordRemaining } from './record.js';
import { plainPosition, SEGMENT_HEADER_BYTES, type Segment, segmentFd } from './segment.js';

const BLOCK_BYTES = 1024 * 1024;

export type RecordHandler = (buffer: Buffer, offset: number, fileOffset: number) => void;

export interface ScanResult {
  /** File offset after the last whole record. */
  readonly endOffset: number;
  /** File offset after the last append of which all events are there. */
  readonly wholeAppendsEndOffset: number;
  /** Whether bytes follow that are not a whole record. */
  readonly bad: boolean;
}

/** Reads all records of a log file in order and checks each of them; stops at the first that isn't whole. */
export function scanSegment(segment: Segment, handler: RecordHandler): ScanResult {
  const fd = segmentFd(segment);
  let block = Buffer.alloc(0);
  let blockStart = SEGMENT_HEADER_BYTES;
  let filled = 0;
  let at = 0;
  let wholeAppendsEndOffset = blockStart;
  for (;;) {
    const position = segment.compacted ? undefined : plainPosition(segment, blockStart + at);
    const check = checkRecord(block, at, filled, position);
    if (check === 'whole') {
      handler(block, at, blockStart + at);
      const remaining = recordRemaining(block, at);
      at += recordLength(block, at);
      if (remaining === 0) wholeAppendsEndOffset = blockStart + at;
      continue;
    }
    const endOffset = blockStart + at;
    if (check === 'damaged') return { endOffset, wholeAppendsEndOffset, bad: true };
    const left = filled - at;
    const needed = left >= 4 ? recordLength(block, at) : 0;
    const rest = segment.fileBytes - endOffset;
    const length = Math.min(Math.max(BLOCK_BYTES, needed), rest);
    if (length <= left) return { endOffset, wholeAppendsEndOffset, bad: left > 0 };
    const next = Buffer.allocUnsafeSlow(length);
    block.copy(next, 0, at, filled);
    const got = readAllSync(fd, next, left, length - left, endOffset + left);
    if (got === 0) return { endOffset, wholeAppendsEndOffset, bad: left > 0 };
    block = next;
    blockStart = endOffset;
    filled = left + got;
    at = 0;
  }
}

/**
 * Whether a later record was written when the broken one was already on disk. If so, the broken one was damaged
 * later; otherwise a crash interrupted its write.
 */
export function hasLaterDurableRecord(segment: Segment, brokenOffset: number): boolean {
  const fd = segmentFd(segment);
  const rest = Buffer.allocUnsafeSlow(Math.max(segment.fileBytes - brokenOffset, 0));
  const length = readAllSync(fd, rest, 0, rest.length, brokenOffset);
  const broken = plainPosition(segment, brokenOffset);
  for (let at = 1; at + 24 <= length; at++) {
    if (recordPosition(rest, at) !== broken + at) continue;
    if (checkRecord(rest, at, length, broken + at) !== 'whole') continue;
    if (recordDurableEnd(rest, at) > broken) return true;
  }
  return false;
}

/** Whether a file has only zeros from an offset on: reserved space without records. */
export function isUnwritten(segment: Segment, offset: number): boolean {
  const fd = segmentFd(segment);
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  for (let at = offset; at < segment.fileBytes; ) {
    const got = readAllSync(fd, block, 0, Math.min(block.length, segment.fileBytes - at), at);
    if (got === 0) return true;
    if (!block.subarray(0, got).every((byte) => byte === 0)) return false;
    at += got;
  }
  return true;
}
