import { crc32 } from './checksum.js';
import { scanSegment } from './scan.js';
import { checksumOfFile, damagedAt, readSeal, type Seal, sealByScanning, writeSeal } from './seal.js';
import { readSegment, SEGMENT_HEADER_BYTES, type Segment } from './segment.js';
import { DamagedLogError } from './storage-errors.js';

const CHECK_BLOCK_BYTES = 1024 * 1024;

/** Compares a closed log file with its seal, and makes a missing seal. Errors: DamagedLogError that says where. */
export function checkSegment(segment: Segment): void {
  const seal = readSeal(segment);
  if (seal) compareWithSeal(segment, seal);
  else writeSeal(segment, sealByScanning(segment));
}

/** Compares a closed log file with its seal. Errors: DamagedLogError that says where. */
export function compareWithSeal(segment: Segment, seal: Seal): void {
  if (segment.fileBytes === seal.fileBytes && checksumOfFile(segment, seal.fileBytes) === seal.checksum)
    return;
  throw locateDamage(segment, seal.fileBytes);
}

/** Does the same as `checkSegment` in pieces, and awaits `pause` between them, so that nothing is blocked. */
export async function checkSegmentSlowly(segment: Segment, pause: () => Promise<void>): Promise<void> {
  const seal = readSeal(segment);
  if (!seal) return checkSegment(segment);
  let checksum = 0;
  for (let at = SEGMENT_HEADER_BYTES; at < seal.fileBytes; ) {
    const block = await readSegment(segment, at, Math.min(CHECK_BLOCK_BYTES, seal.fileBytes - at));
    if (block.length === 0) break;
    checksum = crc32(block, checksum);
    at += block.length;
    await pause();
  }
  if (segment.fileBytes !== seal.fileBytes || checksum !== seal.checksum) {
    throw locateDamage(segment, seal.fileBytes);
  }
}

/** Finds the first record that isn't whole in a file whose checksum is wrong. */
function locateDamage(segment: Segment, sealedBytes: number): DamagedLogError {
  const { endOffset, bad } = scanSegment(segment, () => undefined);
  if (bad) return damagedAt(segment, endOffset);
  if (segment.fileBytes < sealedBytes) {
    return new DamagedLogError(
      `${segment.path} is damaged: it ends at byte ${segment.fileBytes} of ${sealedBytes}`,
    );
  }
  return new DamagedLogError(
    `${segment.path} is damaged: its events are whole, but differ from those that were sealed`,
  );
}
