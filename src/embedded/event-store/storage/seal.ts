import { readFileSync, rmSync } from 'node:fs';
import { crc32 } from './checksum.js';
import { readAllSync, replaceFile } from './files.js';
import { recordPosition } from './record.js';
import { type RecordHandler, scanSegment } from './scan.js';
import { SEGMENT_HEADER_BYTES, type Segment, type SparseTable, segmentFd } from './segment.js';
import { DamagedLogError, nodeErrorCode } from './storage-errors.js';

/**
 * A file beside a closed log file with the checksum of its records and, for a compacted file, the table of their
 * offsets. It can be made again from the log file.
 */
export interface Seal {
  readonly fileBytes: number;
  readonly checksum: number;
  readonly table: readonly (readonly [position: number, offset: number])[];
}

const TABLE_STEP_BYTES = 64 * 1024;
const READ_BYTES = 1024 * 1024;

export const SEAL_SUFFIX = '.seal.json';

const sealPath = (segment: Segment): string => segment.path.replace(/\.log$/, SEAL_SUFFIX);

/** Makes the seal of a closed log file durable. */
export function writeSeal(segment: Segment, seal: Seal): void {
  replaceFile(sealPath(segment), `${JSON.stringify(seal)}\n`);
}

/** Removes the seal of a file that is about to change. */
export function removeSeal(segment: Segment): void {
  rmSync(sealPath(segment), { force: true });
}

/** The seal of a closed log file, or undefined when there is none that can be read. */
export function readSeal(segment: Segment): Seal | undefined {
  let text: string;
  try {
    text = readFileSync(sealPath(segment), 'utf8');
  } catch (error) {
    if (nodeErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    return isSeal(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isSeal(value: unknown): value is Seal {
  if (typeof value !== 'object' || value === null) return false;
  const { fileBytes, checksum, table } = value as Partial<Record<keyof Seal, unknown>>;
  return typeof fileBytes === 'number' && typeof checksum === 'number' && Array.isArray(table);
}

/** Reads the whole file and makes its seal. Errors: DamagedLogError when a record isn't whole. */
export function sealByScanning(segment: Segment, handler: RecordHandler = () => undefined): Seal {
  const table: [number, number][] = [];
  const { endOffset, bad } = scanSegment(segment, (buffer, offset, fileOffset) => {
    const last = table.at(-1);
    if (segment.compacted && (!last || fileOffset - last[1] >= TABLE_STEP_BYTES)) {
      table.push([recordPosition(buffer, offset), fileOffset]);
    }
    handler(buffer, offset, fileOffset);
  });
  if (bad) throw damagedAt(segment, endOffset);
  return { fileBytes: segment.fileBytes, checksum: checksumOfFile(segment, segment.fileBytes), table };
}

/** The checksum of the records of a file. */
export function checksumOfFile(segment: Segment, fileBytes: number): number {
  const block = Buffer.allocUnsafe(Math.min(READ_BYTES, Math.max(0, fileBytes - SEGMENT_HEADER_BYTES)));
  let checksum = 0;
  for (let at = SEGMENT_HEADER_BYTES; at < fileBytes; ) {
    const got = readAllSync(segmentFd(segment), block, 0, Math.min(block.length, fileBytes - at), at);
    if (got === 0) break;
    checksum = crc32(block.subarray(0, got), checksum);
    at += got;
  }
  return checksum;
}

/** The error for a log file whose bytes at this offset aren't those that were written. */
export function damagedAt(segment: Segment, fileOffset: number): DamagedLogError {
  return new DamagedLogError(
    `${segment.path} is damaged at byte ${fileOffset}: what lies there is not the event that was written`,
  );
}

/** The positions and offsets of a seal, for searching. */
export function tableOf(seal: Seal): SparseTable {
  return {
    positions: Float64Array.from(seal.table, ([position]) => position),
    offsets: Float64Array.from(seal.table, ([, offset]) => offset),
  };
}
