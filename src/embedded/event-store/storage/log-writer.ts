import assert from 'node:assert';
import { closeSync, constants, openSync, writev } from 'node:fs';
import { promisify } from 'node:util';
import type { EventStoreLogger } from '../logger.js';
import { crc32 } from './checksum.js';
import { cutFile } from './files.js';
import { activeSegment, type LogState } from './log-state.js';
import { sealByScanning, writeSeal } from './seal.js';
import { createSegment, openSegment, plainOffset, type Segment } from './segment.js';
import { AppendRefusedError, AppendUncertainError, errorCode, errorMessage } from './storage-errors.js';

const writevAsync = promisify(writev);

/** Writes as much of the slices as the disk takes, waits until it is on disk, and resolves with how much that was. */
export type WriteThrough = (fd: number, slices: readonly Buffer[], offset: number) => Promise<number>;

const writeThrough: WriteThrough = async (fd, slices, offset) =>
  (await writevAsync(fd, [...slices], offset)).bytesWritten;

/** Called once when the append is on disk, or with the error when it is not. */
export type Acknowledge = (error: AppendRefusedError | AppendUncertainError | undefined) => void;

export interface LogWriterOptions {
  /** For tests of disks that fail. */
  readonly write?: WriteThrough | undefined;
  readonly log: LogState;
  readonly logger: EventStoreLogger;
  /** Called after each write with the range that is now on disk, before its appends are acknowledged. */
  readonly onDurable: (from: number, to: number) => void;
  /** Called when the answers to a write have been sent: the time for work that nobody waits for. */
  readonly onAnswered: () => void;
  /** Called when a write failed, after the log has been cut back to what is on disk. */
  readonly onCut: (end: number) => void;
}

/**
 * Group commit: everything appended while one write is under way is on disk with the next. A file is opened with
 * O_DSYNC, so that one call writes and waits for the disk. At most one write is ever under way: a crash can
 * therefore tear the last one only, which recovery relies on.
 */
export interface LogWriter {
  /** Has `acknowledge` called when everything appended so far is on disk. */
  commit(acknowledge: Acknowledge): void;
  /** Begins a new file, so that the current one can be compacted. Resolves when it has, or could not. */
  roll(): Promise<void>;
  /** Waits for the write under way and closes the file. */
  close(): Promise<void>;
}

export function createLogWriter(options: LogWriterOptions): LogWriter {
  const { log, logger, onDurable, onAnswered, onCut, write: put = writeThrough } = options;
  let fd = openForWriting(activeSegment(log));
  let waiting: Acknowledge[] = [];
  let scheduled = false;
  let writing: Promise<void> | undefined;
  let roll = false;
  /** Set when what lies behind the durable end could not be removed; nothing may be written before it is. */
  let needsCut = false;
  let checksum: number | undefined;

  function schedule(): void {
    if (scheduled || writing) return;
    scheduled = true;
    // At the end of this turn of the event loop, so that all appends that have arrived go into one write.
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
    // Node.js sends what was written to a connection before it calls this.
    setImmediate(onAnswered);
  }

  async function writeOut(from: number, to: number): Promise<void> {
    if (needsCut) cutToDurable();
    let segment = activeSegment(log);
    const full = roll || segment.fileBytes >= log.limits.segmentBytes;
    roll = false;
    if (full && segment.end > segment.base) segment = beginSegment(from);
    let slices = log.tail.slices(from, to);
    const bytes = slices.reduce((sum, slice) => sum + slice.length, 0);
    assert(bytes === to - from, 'what is written to disk is what was appended');
    let offset = plainOffset(segment, from);
    const sum =
      checksum === undefined ? undefined : slices.reduce((before, slice) => crc32(slice, before), checksum);
    while (slices.length > 0) {
      const bytesWritten = await put(fd, slices, offset);
      offset += bytesWritten;
      slices = withoutFirst(slices, bytesWritten);
    }
    checksum = sum;
    segment.fileBytes = offset;
    segment.end = to;
    log.durableEnd = to;
  }

  /** Refuses the appends of the failed write, and those that wait behind it, because they were decided on top of it. */
  function refuse(cause: unknown, acknowledges: readonly Acknowledge[]): void {
    needsCut = true;
    checksum = undefined;
    const reason =
      errorCode(cause) === 'ENOSPC' || errorCode(cause) === 'EDQUOT'
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
    // Events that could not be cut off are found again if the process ends before they are.
    const refused = needsCut
      ? new AppendUncertainError(`${reason}: whether the append was kept is not known`, { cause })
      : new AppendRefusedError(`${reason}: the append was refused and nothing of it was kept`, { cause });
    const all = [...acknowledges, ...waiting];
    waiting = [];
    for (const acknowledge of all) acknowledge(refused);
  }

  function cutToDurable(): void {
    cutFile(fd, activeSegment(log).fileBytes);
    needsCut = false;
  }

  function beginSegment(base: number): Segment {
    const full = activeSegment(log);
    const segment = openSegment(log.folder, createSegment(log.folder, base));
    const next = openForWriting(segment);
    closeSync(fd);
    fd = next;
    log.segments = [...log.segments, segment];
    seal(full);
    checksum = 0;
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
        if (needsCut) cutToDurable();
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
