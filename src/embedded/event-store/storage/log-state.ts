import type { EventStoreLimits } from '../limits.js';
import type { Segment } from './segment.js';
import { closeSegment, segmentFd } from './segment.js';
import type { TailBuffer } from './tail-buffer.js';

/** The state of the log that its writer and readers share. */
export interface LogState {
  readonly folder: string;
  readonly limits: EventStoreLimits;
  readonly tail: TailBuffer;
  /** All files in order; the last one is written to. */
  segments: Segment[];
  /** Everything before this position is on disk. */
  durableEnd: number;
  /** Counts the uses of files, so that those unused for longest can be closed. */
  uses: number;
}

/** Position of the first record. It is above 0, so that no event has the position 0. */
export const LOG_START = 64;
const OPEN_FILES_MAX = 64;

/** The newest file, which appends are written to. */
export function activeSegment(log: LogState): Segment {
  const active = log.segments.at(-1);
  if (!active) throw new Error('a log has at least one file');
  return active;
}

/** The file whose range holds `position`. */
export function segmentAt(log: LogState, position: number): Segment | undefined {
  let low = 0;
  let high = log.segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((log.segments[middle]?.base ?? 0) <= position) low = middle;
    else high = middle - 1;
  }
  const found = log.segments[low];
  return found && position >= found.base && position < found.end ? found : undefined;
}

/** The file before `segment`, which compaction may have replaced. */
export function segmentBefore(log: LogState, segment: Segment): Segment | undefined {
  return log.segments.findLast(({ end }) => end <= segment.base);
}

/** Opens the file if it isn't open, and closes others when many are open. */
export function useSegment(log: LogState, segment: Segment): Segment {
  segment.lastUsed = ++log.uses;
  if (segment.fd !== undefined) return segment;
  const open = log.segments.filter(({ fd }) => fd !== undefined);
  if (open.length >= OPEN_FILES_MAX) {
    open.sort((a, b) => a.lastUsed - b.lastUsed);
    const oldest = open.find((candidate) => candidate !== log.segments.at(-1));
    if (oldest) closeSegment(oldest);
  }
  segmentFd(segment);
  return segment;
}
