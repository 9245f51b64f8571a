import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EventStoreLimits } from '../limits.js';
import type { EventStoreLogger } from '../logger.js';
import { syncFolder } from './files.js';
import { LOG_START, type LogState } from './log-state.js';
import { createFirstSegment } from './log-writer.js';
import { recordPosition } from './record.js';
import { hasLaterDurableRecord, type RecordHandler, scanSegment } from './scan.js';
import { damagedAt, readSeal, sealByScanning, tableOf, writeSeal } from './seal.js';
import { closeSegment, openSegment, parseSegmentFileName, plainPosition, type Segment } from './segment.js';
import { checkSegment } from './segment-check.js';
import { DamagedLogError } from './storage-errors.js';
import { createTailBuffer } from './tail-buffer.js';

export interface OpenLogOptions {
  readonly folder: string;
  readonly limits: EventStoreLimits;
  readonly logger: EventStoreLogger;
  /** Records from this position on are handed to `onRecord`. */
  readonly replayFrom: number;
  readonly onRecord: RecordHandler;
  /** Up to here the log is known to have been on disk; a shorter log is damaged. */
  readonly durableAtLeast: number;
}

export interface OpenedLog {
  readonly log: LogState;
  /** Closed files that there was no time to check. */
  readonly unchecked: readonly Segment[];
}

/**
 * Opens the log: checks its files, cuts off what a crash left of the last write, and replays the newest records.
 * Errors: DamagedLogError that says where.
 */
export function openLog(options: OpenLogOptions): OpenedLog {
  const { folder, limits, replayFrom, onRecord } = options;
  mkdirSync(folder, { recursive: true });
  const segments = listSegments(folder);
  if (segments.length === 0) {
    if (options.durableAtLeast > LOG_START) {
      throw new DamagedLogError(
        `${folder} holds no log, though events up to ${options.durableAtLeast} were written`,
      );
    }
    createFirstSegment(folder, LOG_START);
    // The folder itself is new as well, and the one that holds it may be.
    for (const each of [dirname(folder), dirname(dirname(folder))]) syncFolder(each);
    segments.push(openSegment(folder, 'segment-0000000000000064.0.log'));
  }
  checkSequence(segments);
  const unchecked = checkClosed(segments.slice(0, -1), limits.openCheckMs);
  for (const segment of segments.slice(0, -1)) {
    if (segment.end > replayFrom) replaySegment(segment, replayFrom, onRecord);
    closeSegment(segment);
  }
  const end = recoverActive(segments, options);
  const log: LogState = { folder, limits, tail: createTailBuffer(end), segments, durableEnd: end, uses: 0 };
  return { log, unchecked };
}

/** The newest generation of each file, in order; what an interrupted rewriting left is removed. */
export function listSegments(folder: string, { tidy = true } = {}): Segment[] {
  const newest = new Map<number, { name: string; generation: number }>();
  const names = readdirSync(folder);
  for (const name of names) {
    const parsed = parseSegmentFileName(name);
    if (!parsed) continue;
    const other = newest.get(parsed.base);
    if (!other || other.generation < parsed.generation) newest.set(parsed.base, { name, ...parsed });
  }
  const kept = new Set([...newest.values()].map(({ name }) => name));
  if (tidy) {
    for (const name of names) {
      const outdated = parseSegmentFileName(name) && !kept.has(name);
      if (outdated || name.endsWith('.tmp')) rmSync(join(folder, name), { force: true });
    }
  }
  return [...newest.entries()].sort(([a], [b]) => a - b).map(([, { name }]) => openSegment(folder, name));
}

/** Every file must begin where the one before it ends. Errors: DamagedLogError. */
export function checkSequence(segments: readonly Segment[]): void {
  let expected = LOG_START;
  for (const segment of segments) {
    if (segment.base !== expected) {
      throw new DamagedLogError(
        segment.base > expected
          ? `the log is damaged: events from position ${expected} to ${segment.base} are missing before ${segment.path}`
          : `${segment.path} begins at ${segment.base}, inside the file before it`,
      );
    }
    expected = segment.end;
  }
}

function checkClosed(closed: readonly Segment[], budgetMs: number): Segment[] {
  const started = performance.now();
  const unchecked: Segment[] = [];
  for (const segment of [...closed].reverse()) {
    if (performance.now() - started < budgetMs) checkSegment(segment);
    else unchecked.push(segment);
  }
  return unchecked;
}

function replaySegment(segment: Segment, replayFrom: number, onRecord: RecordHandler): void {
  const { bad, endOffset } = scanSegment(segment, (buffer, offset, fileOffset) => {
    if (recordPosition(buffer, offset) >= replayFrom) onRecord(buffer, offset, fileOffset);
  });
  if (bad) throw damagedAt(segment, endOffset);
}

function recoverActive(segments: Segment[], options: OpenLogOptions): number {
  const active = segments.at(-1);
  if (!active) throw new Error('a log has at least one file');
  if (active.compacted) return beginAfterCompacted(segments, options);
  const result = scanSegment(active, (buffer, offset, fileOffset) => {
    if (recordPosition(buffer, offset) >= options.replayFrom) options.onRecord(buffer, offset, fileOffset);
  });
  const whole = plainPosition(active, result.wholeAppendsEndOffset);
  if (whole < options.durableAtLeast || (result.bad && hasLaterDurableRecord(active, result.endOffset))) {
    throw damagedAt(active, result.endOffset);
  }
  if (result.wholeAppendsEndOffset < active.fileBytes)
    cutOff(active, result.wholeAppendsEndOffset, options.logger);
  active.end = whole;
  return whole;
}

/** Cuts what a crash left of the last write; none of it had been acknowledged. */
function cutOff(active: Segment, endOffset: number, logger: EventStoreLogger): void {
  logger.warn(
    { file: active.path, bytes: active.fileBytes - endOffset, at: endOffset },
    'the last write before a crash was cut off; nothing of it had been acknowledged',
  );
  const fd = openSync(active.path, 'r+');
  try {
    ftruncateSync(fd, endOffset);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  active.fileBytes = endOffset;
}

function beginAfterCompacted(segments: Segment[], { folder, replayFrom, onRecord }: OpenLogOptions): number {
  const last = segments.at(-1);
  if (!last) throw new Error('a log has at least one file');
  replaySegment(last, replayFrom, onRecord);
  if (!readSeal(last)) writeSeal(last, sealByScanning(last));
  last.table = tableOf(readSeal(last) ?? sealByScanning(last));
  createFirstSegment(folder, last.end);
  syncFolder(folder);
  segments.push(openSegment(folder, `segment-${String(last.end).padStart(16, '0')}.0.log`));
  return last.end;
}
