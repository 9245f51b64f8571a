import { readBackwards, readForwards } from '../storage/log-reader.js';
import { LOG_START, type LogState } from '../storage/log-state.js';
import { recordLength, recordPosition } from '../storage/record.js';
import type { Awakening, RecordFilter } from '../store/live-tail.js';
import { type AddEvent, controlFrames } from './event-encoder.js';
import { Page } from './page.js';

/** Reads all streams a page at a time, in the order of the log. */
export interface AllCursor {
  /** The next page; undefined when everything on disk has been looked at, or enough was read. */
  next(): Promise<Buffer | undefined>;
}

export interface AllCursorOptions {
  readonly log: LogState;
  readonly add: AddEvent;
  readonly filter: RecordFilter;
  readonly maxCount: number;
  /** Forwards: position of the first record to read. Backwards: position behind it. */
  readonly from: number;
}

/** Events looked at without a match before others get their turn. */
const SCANNED_PER_TURN_MAX = 2_000;

export interface ForwardAllCursor extends AllCursor {
  /** Goes on behind what was looked at while nothing matched; a checkpoint if one is due. */
  skipTo(awakening: Awakening): Buffer | undefined;
  /** A checkpoint, if there is anything new to say. */
  checkpoint(): Buffer | undefined;
}

/** `after`: position of an event that is not to be read again. */
export function createForwardCursor(
  options: AllCursorOptions & { readonly after?: number },
): ForwardAllCursor {
  const { log, add, filter, after = -1 } = options;
  const interval = filter.checkpointInterval ?? Number.POSITIVE_INFINITY;
  let position = options.from === 0 ? LOG_START : options.from;
  let left = options.maxCount;
  let sinceCheckpoint = 0;
  let lastSeen = after;
  let announced = after;
  /** The position came from outside; once it has been read from, every further one is certain. */
  let certain = options.from === 0;

  function checkpoint(): Buffer | undefined {
    sinceCheckpoint = 0;
    if (lastSeen <= announced) return undefined;
    announced = lastSeen;
    return controlFrames.checkpoint(lastSeen);
  }

  return {
    checkpoint,
    skipTo({ scannedTo, scanned }) {
      if (scannedTo <= position) return undefined;
      const previous = lastStart(log, scannedTo);
      position = scannedTo;
      sinceCheckpoint += scanned;
      if (previous !== undefined) lastSeen = previous;
      return sinceCheckpoint >= interval ? checkpoint() : undefined;
    },
    async next() {
      while (left > 0) {
        const block = await readForwards(log, position, certain);
        certain = true;
        if (!block) return undefined;
        const page = new Page();
        const { buffer } = block;
        let scanned = 0;
        for (let at = block.start; at < block.end && left > 0 && !page.full; at += recordLength(buffer, at)) {
          lastSeen = recordPosition(buffer, at);
          position = lastSeen + recordLength(buffer, at);
          if (lastSeen <= after) continue;
          scanned += 1;
          sinceCheckpoint += 1;
          if (filter.matches(buffer, at)) {
            add(page, buffer, at);
            announced = lastSeen;
            left -= 1;
          }
          if (sinceCheckpoint >= interval) {
            const frames = checkpoint();
            if (frames) page.add(frames);
          }
        }
        if (!page.empty) return page.take();
        if (scanned >= SCANNED_PER_TURN_MAX) await new Promise<void>((resolve) => setImmediate(resolve));
      }
      return undefined;
    },
  };
}

/** Position of the record that ends at `end`, while it is in memory. */
function lastStart(log: LogState, end: number): number | undefined {
  const view = log.tail.before(end);
  return view && end - view.buffer.readUInt32LE(view.limit - 4);
}

export function createBackwardCursor(options: AllCursorOptions): AllCursor {
  const { log, add, filter } = options;
  let position = options.from;
  let left = options.maxCount;
  return {
    async next() {
      while (left > 0 && position > LOG_START) {
        const block = await readBackwards(log, position);
        if (!block) return undefined;
        const page = new Page();
        const { buffer, start } = block;
        let end = block.end;
        while (end > start && left > 0 && !page.full) {
          end -= buffer.readUInt32LE(end - 4);
          position = recordPosition(buffer, end);
          if (!filter.matches(buffer, end)) continue;
          add(page, buffer, end);
          left -= 1;
        }
        if (!page.empty) return page.take();
      }
      return undefined;
    },
  };
}
