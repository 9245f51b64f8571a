import { closeSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EventStoreLimits } from '../limits.js';
import type { EventStoreLogger } from '../logger.js';
import { cutFile, syncFile, syncFolder } from './files.js';
import { findLogEnd, missingAfter } from './log-end.js';
import { LOG_START, type LogState } from './log-state.js';
import { recordPosition, recordRemaining } from './record.js';
import { type ReplayedEvent, replayedEvent } from './replayed-event.js';
import { type ScanResult, scanSegment } from './scan.js';
import { damagedAt, readSeal, SEAL_SUFFIX, sealByScanning, tableOf, writeSeal } from './seal.js';
import { closeSegment, createSegment, openSegment, parseSegmentFileName, type Segment } from './segment.js';
import { checkSegment } from './segment-check.js';
import { DamagedLogError } from './storage-errors.js';
import { createTailBuffer } from './tail-buffer.js';

export interface OpenLogOptions {
  readonly folder: string;
  readonly limits: EventStoreLimits;
  readonly logger: EventStoreLogger;
  /** Events from this position on are passed to `onAppend`. */
  readonly replayFrom: number;
  /** Called with the events of each append that is complete and on disk, in order. */
  readonly onAppend: (events: readonly ReplayedEvent[]) => void;
  /** The log is known to have been on disk up to here; a shorter log is damaged. */
  readonly durableAtLeast: number;
}

export interface OpenedLog {
  readonly log: LogState;
  /** Closed files that there was no time to check. */
  readonly unchecked: readonly Segment[];
}

/**
 * Opens the log: checks its files, removes the rest of a write that a crash interrupted, and replays the newest
 * records. Errors: DamagedLogError that says where.
 */
export function openLog(options: OpenLogOptions): OpenedLog {
  const { folder } = options;
  mkdirSync(folder, { recursive: true });
  const segments = listSegments(folder);
  if (segments.length === 0) {
    if (options.durableAtLeast > LOG_START) throw missingAfter(folder, LOG_START, options.durableAtLeast);
    const name = createSegment(folder, LOG_START);
    // The folder may be new, and its parent too.
    for (const each of [dirname(folder), dirname(dirname(folder))]) syncFolder(each);
    segments.push(openSegment(folder, name));
  }
  try {
    return openSegments(segments, options);
  } catch (error) {
    for (const segment of segments) closeSegment(segment);
    throw error;
  }
}

function openSegments(segments: Segment[], options: OpenLogOptions): OpenedLog {
  const { folder, limits } = options;
  checkSequence(segments);
  const unchecked = checkClosed(segments.slice(0, -1), limits.openCheckMs);
  for (const segment of segments.slice(0, -1)) {
    if (segment.end > options.replayFrom) replayClosed(segment, options);
    closeSegment(segment);
  }
  const end = recoverActive(segments, options);
  const log: LogState = { folder, limits, tail: createTailBuffer(end), segments, durableEnd: end, uses: 0 };
  return { log, unchecked };
}

/**
 * Opens the newest generation of each file, in order. Files of an interrupted compaction are removed. Errors:
 * DamagedLogError.
 */
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
      const logFile = name.replace(SEAL_SUFFIX, '.log');
      const outdated = parseSegmentFileName(logFile) && !kept.has(logFile);
      if (outdated || name.endsWith('.tmp')) rmSync(join(folder, name), { force: true });
    }
  }
  const opened: Segment[] = [];
  try {
    for (const [, { name }] of [...newest.entries()].sort(([a], [b]) => a - b))
      opened.push(openSegment(folder, name));
    return opened;
  } catch (error) {
    for (const segment of opened) closeSegment(segment);
    throw error;
  }
}

/** Checks that every file begins where the one before it ends. Errors: DamagedLogError. */
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

/** Replays a closed file. Every append in it is complete, except for events that compaction removed. */
function replayClosed(segment: Segment, { replayFrom, onAppend }: OpenLogOptions): void {
  const { bad, endOffset } = scanSegment(segment, (buffer, offset) => {
    if (recordPosition(buffer, offset) >= replayFrom) onAppend([replayedEvent(buffer, offset)]);
  });
  if (bad) throw damagedAt(segment, endOffset);
}

/** Finds the end of the log in the last file, and removes what is after it. */
function recoverActive(segments: Segment[], options: OpenLogOptions): number {
  const active = segments.at(-1);
  if (!active) throw new Error('a log has at least one file');
  if (active.compacted) return beginAfterCompacted(segments, active, options);
  // The bytes of a killed process may not be on disk yet; they are written before anything depends on them.
  syncFile(active.path);
  const scan = replayWholeAppends(active, options);
  const { offset, position, torn } = findLogEnd(active, scan, options.durableAtLeast);
  if (torn) warnOfTornWrite(active, offset, options.logger);
  if (offset < active.fileBytes) cutOff(active, offset);
  active.end = position;
  return position;
}

/** Passes on an append only when its last event was read, because a crash may have interrupted the last append. */
function replayWholeAppends(active: Segment, { replayFrom, onAppend }: OpenLogOptions): ScanResult {
  let events: ReplayedEvent[] = [];
  return scanSegment(active, (buffer, offset) => {
    if (recordPosition(buffer, offset) < replayFrom) return;
    events.push(replayedEvent(buffer, offset));
    if (recordRemaining(buffer, offset) > 0) return;
    onAppend(events);
    events = [];
  });
}

function warnOfTornWrite({ path, fileBytes }: Segment, endOffset: number, logger: EventStoreLogger): void {
  logger.warn(
    { file: path, bytes: fileBytes - endOffset, at: endOffset },
    'the last write before a crash was cut off; nothing of it had been acknowledged',
  );
}

/** Removes what a crash left after the last complete append: parts of the last write, and reserved zeros. */
function cutOff(active: Segment, endOffset: number): void {
  const fd = openSync(active.path, 'r+');
  try {
    cutFile(fd, endOffset);
  } finally {
    closeSync(fd);
  }
  active.fileBytes = endOffset;
}

/** Begins a new last file. The old one is missing, which is damage unless it was still empty. */
function beginAfterCompacted(segments: Segment[], last: Segment, options: OpenLogOptions): number {
  const { folder } = options;
  if (last.end < options.durableAtLeast) throw missingAfter(folder, last.end, options.durableAtLeast);
  replayClosed(last, options);
  if (!readSeal(last)) writeSeal(last, sealByScanning(last));
  last.table = tableOf(readSeal(last) ?? sealByScanning(last));
  segments.push(openSegment(folder, createSegment(folder, last.end)));
  return last.end;
}
