import assert from 'node:assert';
import { closeSync, constants, openSync, writev } from 'node:fs';
import { promisify } from 'node:util';
import { errorMessage } from '../../../wording/error-message.js';
import type { EventStoreLogger } from '../logger.js';
import { crc32 } from './checksum.js';
import { cutFile } from './files.js';
import { activeSegment, type LogState } from './log-state.js';
import { sealByScanning, writeSeal } from './seal.js';
import { createSegment, openSegment, plainOffset, type Segment } from './segment.js';
import { AppendUncertainError, nodeErrorCode, WriteRefusedError } from './storage-errors.js';

const writevAsync = promisify(writev);

/**
 * Writes as many bytes of the slices as the disk accepts, waits until they are on disk, and resolves with their
 * number.
 */
export type WriteThrough = (fd: number, slices: readonly Buffer[], offset: number) => Promise<number>;

const writeThrough: WriteThrough = async (fd, slices, offset) =>
  (await writevAsync(fd, [...slices], offset)).bytesWritten;

/** Called once when the append is on disk, or with the error when it failed. */
export type Acknowledge = (error: WriteRefusedError | AppendUncertainError | undefined) => void;

export interface LogWriterOptions {
  /** Writes to the disk; set by tests of failing disks. */
  readonly write?: WriteThrough | undefined;
  readonly log: LogState;
  readonly logger: EventStoreLogger;
  /** Called after each write with the range that is now on disk, before its appends are acknowledged. */
  readonly onDurable: (from: number, to: number) => void;
  /** Called when the answers to a write were sent, for work that no caller waits for. */
  readonly onAnswered: () => void;
  /** Called when a write failed, after the log was cut back to what is on disk. */
  readonly onCut: (end: number) => void;
}

/**
 * Group commit: everything that is appended during one write is written by the next. A file is opened with O_DSYNC,
 * so that one call writes and waits for the disk. At most one write is under way, so a crash can tear only the last
 * one; recovery relies on this.
 */
export interface LogWriter {
  /** Calls `acknowledge` when everything appended so far is on disk. */
  commit(acknowledge: Acknowledge): void;
  /** Begins a new file, so that the current one can be compacted. Resolves when it is done or has failed. */
  roll(): Promise<void>;
  /** Waits for the current write and closes the file. */
  close(): Promise<void>;
}

export function createLogWriter(options: LogWriterOptions): LogWriter {
  const { log, logger, onDurable, onAnswered, onCut, write: put = writeThrough } = options;
  let fd = openForWriting(activeSegment(log));
  let waiting: Acknowledge[] = [];
  let scheduled = false;
  let writing: Promise<void> | undefined;
  let roll = false;
  /** True when bytes after the durable end could not be removed; they must be removed before the next write. */
  let needsCut = false;
  /** True when beginning a new file failed: the file may be there, so the one before it must not grow any more. */
  let needsNewFile = false;
  let checksum: number | undefined;
  /** Size of the file: the records, and zeros after them. */
  let allocatedBytes = activeSegment(log).fileBytes;
  const zeros = Buffer.alloc(log.limits.preallocatedBytes);

  function schedule(): void {
    if (scheduled || writing) return;
    scheduled = true;
    // Runs at the end of this turn of the event loop, so that all appends of the turn share a write.
    setImmediate(start);
  }

  function start(): void {
    scheduled = false;
    if (writing || (waiting.length === 0 && !roll)) return;
    const acknowledges = waiting;
    waiting = [];
    writing = write(acknowledges).finally(() => {
      writing = undefined;
      if (waiting.length > 0 || roll) start();
    });
  }

  async function write(acknowledges: readonly Acknowledge[]): Promise<void> {
    const from = log.durableEnd;
    const to = log.tail.end();
    try {
      if (to > from || roll) await writeOut(from, to);
    } catch (error) {
      refuse(error, acknowledges);
      return;
    }
    if (to > from) onDurable(from, to);
    log.tail.trim(to);
    for (const acknowledge of acknowledges) acknowledge(undefined);
    // Node.js sends data that was written to a connection before it runs this.
    setImmediate(onAnswered);
  }

  async function writeOut(from: number, to: number): Promise<void> {
    if (needsCut) cutToDurable();
    let segment = activeSegment(log);
    const full = roll || needsNewFile || segment.fileBytes >= log.limits.segmentBytes;
    roll = false;
    if (full && segment.end > segment.base) segment = beginSegment(from);
    const slices = log.tail.slices(from, to);
    const bytes = slices.reduce((sum, slice) => sum + slice.length, 0);
    assert(bytes === to - from, 'what is written to disk is what was appended');
    const sum =
      checksum === undefined ? undefined : slices.reduce((before, slice) => crc32(slice, before), checksum);
    const offset = plainOffset(segment, from);
    await writeAt(offset, slices, bytes);
    checksum = sum;
    segment.fileBytes = offset + bytes;
    segment.end = to;
    log.durableEnd = to;
  }

  /**
   * Writes records, and zeros after them where the file must grow. A write that only replaces zeros doesn't change
   * the file's size, so the disk need not write the size as well.
   */
  async function writeAt(offset: number, records: readonly Buffer[], bytes: number): Promise<void> {
    const grows = offset + bytes > allocatedBytes;
    let slices: readonly Buffer[] = grows ? [...records, zeros] : records;
    let at = offset;
    while (at < offset + bytes) {
      const bytesWritten = await put(fd, slices, at);
      at += bytesWritten;
      slices = withoutFirst(slices, bytesWritten);
    }
    allocatedBytes = Math.max(allocatedBytes, at);
  }

  /**
   * Refuses the appends of the failed write and those queued after it, because they were decided as if it had
   * succeeded.
   */
  function refuse(cause: unknown, acknowledges: readonly Acknowledge[]): void {
    needsCut = true;
    const reason =
      nodeErrorCode(cause) === 'ENOSPC' || nodeErrorCode(cause) === 'EDQUOT'
        ? 'the disk is full'
        : `the disk refused the write (${errorMessage(cause)})`;
    logger.error({ reason, folder: log.folder }, 'appends are refused');
    try {
      cutToDurable();
    } catch (error) {
      logger.error(
        { reason: errorMessage(error) },
        'the refused appends could not be removed from the file yet',
      );
    }
    log.tail.cut(log.durableEnd);
    onCut(log.durableEnd);
    // If the process ends now, the next start reads events that could not be removed.
    const refused = needsCut
      ? new AppendUncertainError(`${reason}: whether the append was kept is not known`, { cause })
      : new WriteRefusedError(`${reason}: the append was refused and nothing of it was kept`, { cause });
    const all = [...acknowledges, ...waiting];
    waiting = [];
    for (const acknowledge of all) acknowledge(refused);
  }

  function cutToDurable(): void {
    allocatedBytes = activeSegment(log).fileBytes;
    cutFile(fd, allocatedBytes);
    needsCut = false;
  }

  function beginSegment(base: number): Segment {
    const full = activeSegment(log);
    // A file that isn't the last one must end with its last record.
    if (allocatedBytes > full.fileBytes) cutToDurable();
    needsNewFile = true;
    const segment = openSegment(log.folder, createSegment(log.folder, base));
    const next = openForWriting(segment);
    closeSync(fd);
    fd = next;
    log.segments = [...log.segments, segment];
    needsNewFile = false;
    seal(full);
    checksum = 0;
    allocatedBytes = segment.fileBytes;
    return segment;
  }

  function seal(segment: Segment): void {
    try {
      const known = checksum === undefined ? sealByScanning(segment) : undefined;
      writeSeal(segment, known ?? { fileBytes: segment.fileBytes, checksum: checksum ?? 0, table: [] });
    } catch (error) {
      logger.warn({ file: segment.path, reason: errorMessage(error) }, 'a log file could not be sealed yet');
    }
  }

  return {
    commit(acknowledge) {
      waiting.push(acknowledge);
      schedule();
    },
    async roll() {
      roll = true;
      start();
      await writing;
    },
    async close() {
      while (writing || waiting.length > 0) {
        start();
        await writing;
      }
      try {
        if (needsCut || allocatedBytes > activeSegment(log).fileBytes) cutToDurable();
      } finally {
        closeSync(fd);
      }
    },
  };
}

function openForWriting(segment: Segment): number {
  return openSync(segment.path, constants.O_WRONLY | constants.O_DSYNC);
}

function withoutFirst(slices: readonly Buffer[], count: number): Buffer[] {
  let left = count;
  const rest: Buffer[] = [];
  for (const slice of slices) {
    if (left >= slice.length) left -= slice.length;
    else {
      rest.push(left > 0 ? slice.subarray(left) : slice);
      left = 0;
    }
  }
  return rest;
}
