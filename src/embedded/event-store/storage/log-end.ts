import { dirname } from 'node:path';
import { crc32 } from './checksum.js';
import { readAllSync } from './files.js';
import { RECORD_OVERHEAD_BYTES, recordLength } from './record.js';
import { hasLaterDurableRecord, isUnwritten, type ScanResult } from './scan.js';
import { damagedAt } from './seal.js';
import { plainPosition, type Segment, segmentFd } from './segment.js';
import { DamagedLogError } from './storage-errors.js';

/** Where the log ends in the file that is written to. What lies behind it is cut off when the store is opened. */
export interface LogEnd {
  /** File offset after the last whole append. */
  readonly offset: number;
  /** Position after the last whole append. */
  readonly position: number;
  /** Whether a part of a write that a crash interrupted lies behind it; otherwise only reserved zeros may. */
  readonly torn: boolean;
}

const LENGTH_BYTES = 4;
/** A disk writes whole sectors, of this size or a multiple of it. */
const SECTOR_BYTES = 512;

/**
 * Finds the end of the log in the file that is written to, from the result of its scan. The log is known to have been
 * on disk up to the position `durableAtLeast`. Errors: DamagedLogError for anything that an interrupted write can't
 * have left.
 */
export function findLogEnd(active: Segment, scan: ScanResult, durableAtLeast: number): LogEnd {
  const offset = scan.wholeAppendsEndOffset;
  const position = plainPosition(active, offset);
  const isBroken = scan.bad && !isUnwritten(active, scan.endOffset);
  if (isBroken && (hasLaterDurableRecord(active, scan.endOffset) || !canBeTorn(active, scan.endOffset)))
    throw damagedAt(active, scan.endOffset);
  if (position < durableAtLeast) {
    throw isBroken
      ? damagedAt(active, scan.endOffset)
      : missingAfter(dirname(active.path), position, durableAtLeast);
  }
  return { offset, position, torn: isBroken || scan.endOffset > offset };
}

/** The error for a log that ends before events that are known to have been written. */
export const missingAfter = (folder: string, from: number, to: number): DamagedLogError =>
  new DamagedLogError(`${folder} is damaged: events from position ${from} to ${to} are missing`);

/**
 * Whether an interrupted write can have left the broken record at this offset. Where such a write did not arrive, the
 * file ends or holds zeros, so that the record lacks its end or a whole sector. A record that lacks nothing was
 * changed after it was written.
 */
function canBeTorn(segment: Segment, brokenOffset: number): boolean {
  const rest = Buffer.allocUnsafeSlow(segment.fileBytes - brokenOffset);
  const written = rest.subarray(0, readAllSync(segmentFd(segment), rest, 0, rest.length, brokenOffset));
  if (lacksOnlyItsLength(written)) return false;
  const length = written.length >= LENGTH_BYTES ? recordLength(written, 0) : 0;
  if (length < RECORD_OVERHEAD_BYTES || length > written.length) return true;
  const bodyEnd = length - LENGTH_BYTES;
  const lost = [0, 1, 2, 3].find((i) => written[bodyEnd + i] !== written[i]);
  if (lost === undefined) return lacksSector(written.subarray(0, bodyEnd), brokenOffset);
  // The closing length did not arrive with all that follows, or with the rest of its sector.
  const [from, end] = sectorAt(bodyEnd + lost, brokenOffset);
  return isZeros(written.subarray(bodyEnd + lost)) || isZeros(written.subarray(from, end));
}

/** Whether the first record is whole but for the length at its beginning. */
function lacksOnlyItsLength(written: Buffer): boolean {
  for (let end = RECORD_OVERHEAD_BYTES; end <= written.length; end++) {
    const bodyEnd = end - LENGTH_BYTES;
    if (written.readUInt32LE(bodyEnd) !== end) continue;
    if (crc32(written.subarray(8, bodyEnd)) === written.readUInt32LE(4)) return true;
  }
  return false;
}

/** Whether one of the sectors that hold these bytes is all zeros. */
function lacksSector(bytes: Buffer, fileOffset: number): boolean {
  for (let at = 0; at < bytes.length; ) {
    const [from, end] = sectorAt(at, fileOffset);
    if (isZeros(bytes.subarray(from, end))) return true;
    at = end;
  }
  return false;
}

/** Where the sector of the byte at `at` begins and ends in bytes that lie at a file offset, as far as they have it. */
function sectorAt(at: number, fileOffset: number): readonly [from: number, end: number] {
  const from = at - ((fileOffset + at) % SECTOR_BYTES);
  return [Math.max(0, from), from + SECTOR_BYTES];
}

const isZeros = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0);
