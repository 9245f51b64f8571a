import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from './checksum.js';
import { syncFolder } from './files.js';
import type { LogState } from './log-state.js';
import { checkRecord, recordLength, recordPosition } from './record.js';
import { damagedAt, removeSeal, type Seal, writeSeal } from './seal.js';
import {
  closeSegment,
  encodeSegmentHeader,
  openSegment,
  readSegment,
  SEGMENT_HEADER_BYTES,
  type Segment,
  segmentFileName,
} from './segment.js';

export interface CompactionOptions {
  readonly log: LogState;
  /** Whether the record may be removed from disk. */
  readonly isGarbage: (buffer: Buffer, offset: number) => boolean;
  /** Awaited between blocks; throws to end the compaction. */
  readonly pause: () => Promise<void>;
}

const BLOCK_BYTES = 1024 * 1024;
const TABLE_STEP_BYTES = 64 * 1024;

/** The share of a file that could be removed, 0 to 1. */
export async function garbageShare(segment: Segment, options: CompactionOptions): Promise<number> {
  let garbage = 0;
  await eachRecord(segment, options, async (buffer, offset) => {
    if (options.isGarbage(buffer, offset)) garbage += recordLength(buffer, offset);
  });
  return garbage / Math.max(1, segment.fileBytes - SEGMENT_HEADER_BYTES);
}

/**
 * Rewrites a closed log file without its garbage; the other records keep their positions. Both files exist until the
 * new one is complete and durable. Resolves with the bytes freed.
 */
export async function compactSegment(segment: Segment, options: CompactionOptions): Promise<number> {
  const { log } = options;
  const name = segmentFileName(segment.base, segment.generation + 1);
  const temporary = join(log.folder, `${name}.tmp`);
  const file = await open(temporary, 'w');
  let seal: Seal;
  try {
    seal = await writeKept(file, segment, options);
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await file.close();
  await rename(temporary, join(log.folder, name));
  syncFolder(log.folder);
  const compacted = openSegment(log.folder, name);
  writeSeal(compacted, seal);
  log.segments = log.segments.map((other) => (other === segment ? compacted : other));
  log.tail.hide(segment.end);
  const { size } = await stat(segment.path);
  closeSegment(segment);
  await rm(segment.path, { force: true });
  removeSeal(segment);
  return size - seal.fileBytes;
}

async function writeKept(file: FileHandle, segment: Segment, options: CompactionOptions): Promise<Seal> {
  const table: [number, number][] = [];
  let pending: Buffer[] = [encodeSegmentHeader({ base: segment.base, end: segment.end })];
  let pendingBytes = SEGMENT_HEADER_BYTES;
  let fileBytes = 0;
  let checksum = 0;

  async function writeOut(): Promise<void> {
    const block = Buffer.concat(pending);
    for (let written = 0; written < block.length; ) {
      const { bytesWritten } = await file.write(block, written, block.length - written, fileBytes + written);
      written += bytesWritten;
    }
    checksum = crc32(fileBytes === 0 ? block.subarray(SEGMENT_HEADER_BYTES) : block, checksum);
    fileBytes += block.length;
    pending = [];
    pendingBytes = 0;
  }

  await eachRecord(segment, options, async (buffer, offset) => {
    if (options.isGarbage(buffer, offset)) return;
    const at = fileBytes + pendingBytes;
    const last = table.at(-1);
    if (!last || at - last[1] >= TABLE_STEP_BYTES) table.push([recordPosition(buffer, offset), at]);
    const record = Buffer.from(buffer.subarray(offset, offset + recordLength(buffer, offset)));
    pending.push(record);
    pendingBytes += record.length;
    if (pendingBytes >= BLOCK_BYTES) await writeOut();
  });
  await writeOut();
  return { fileBytes, checksum, table };
}

/** Reads a closed file record by record. Errors: DamagedLogError. */
async function eachRecord(
  segment: Segment,
  { pause }: CompactionOptions,
  take: (buffer: Buffer, offset: number) => Promise<void>,
): Promise<void> {
  let fileOffset = SEGMENT_HEADER_BYTES;
  let blockBytes = BLOCK_BYTES;
  while (fileOffset < segment.fileBytes) {
    const block = await readSegment(
      segment,
      fileOffset,
      Math.min(blockBytes, segment.fileBytes - fileOffset),
    );
    let at = 0;
    for (;;) {
      const check = checkRecord(block, at, block.length);
      if (check === 'cut-off') break;
      if (check === 'damaged') throw damagedAt(segment, fileOffset + at);
      await take(block, at);
      at += recordLength(block, at);
    }
    if (at === 0) {
      // The record is larger than the block. A file that is whole doesn't end inside a record.
      if (fileOffset + block.length >= segment.fileBytes) throw damagedAt(segment, fileOffset);
      blockBytes *= 2;
      continue;
    }
    blockBytes = BLOCK_BYTES;
    fileOffset += at;
    await pause();
  }
}
