import { closeSync, constants, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { errorMessage } from '../../../wording/error-message.js';
import type { EventStoreLogger } from '../logger.js';
import { crc32 } from './checksum.js';
import { nodeErrorCode } from './storage-errors.js';

/**
 * A file beside the log with a position up to which the log was on disk. It is written about once a second without
 * waiting; it may lag behind the log but is never ahead of it. It distinguishes damage to the newest events from a
 * write that a crash interrupted.
 */
export interface HeadMark {
  note(durableEnd: number): void;
  close(durableEnd: number): void;
}

const MARK_BYTES = 12;
const INTERVAL_MS = 1_000;
const fileOf = (dataDir: string): string => join(dataDir, 'head');

/** The end of the log by the mark; undefined when there is none that can be read. */
export function readHeadMark(dataDir: string): number | undefined {
  try {
    const bytes = readFileSync(fileOf(dataDir));
    if (bytes.length !== MARK_BYTES || crc32(bytes.subarray(0, 8)) !== bytes.readUInt32LE(8))
      return undefined;
    return bytes.readDoubleLE(0);
  } catch (error) {
    if (nodeErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Opens the mark for writing; `durableEnd` is the log's present end. */
export function openHeadMark(dataDir: string, durableEnd: number, logger: EventStoreLogger): HeadMark {
  const fd = openSync(fileOf(dataDir), constants.O_RDWR | constants.O_CREAT);
  let latest = durableEnd;
  let timer: NodeJS.Timeout | undefined;
  function write(): void {
    timer = undefined;
    const bytes = Buffer.alloc(MARK_BYTES);
    bytes.writeDoubleLE(latest, 0);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 8)), 8);
    try {
      writeSync(fd, bytes, 0, MARK_BYTES, 0);
    } catch (error) {
      // The file may lag, so a failed write is only logged.
      logger.warn({ reason: errorMessage(error) }, "the note of the log's end could not be written");
    }
  }
  write();
  return {
    note(end) {
      latest = end;
      timer ??= setTimeout(write, INTERVAL_MS).unref();
    },
    close(end) {
      latest = end;
      clearTimeout(timer);
      write();
      fsyncSync(fd);
      closeSync(fd);
    },
  };
}
