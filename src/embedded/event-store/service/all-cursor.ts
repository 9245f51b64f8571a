import { type RecordBlock, readBackwards, readForwards } from '../storage/log-reader.js';
import { LOG_START, type LogState } from '../storage/log-state.js';
import { recordLength, recordPosition } from '../storage/record.js';
import type { Awakening, RecordFilter } from '../store/live-tail.js';
import { type AddEvent, controlFrames } from './event-encoder.js';
import { Page } from './page.js';

/** Reads all streams page by page, in the order of the log. */
export interface AllCursor {
  /** The next page; undefined when everything on disk was read, or `maxCount` events. */
  next(): Promise<Buffer | undefined>;
}

export interface AllCursorOptions {
  readonly log: LogState;
  readonly add: AddEvent;
  readonly filter: RecordFilter;
  readonly maxCount: number;
  /** Forwards: position of the first record to read. Backwards: position after the first record to read. */
  readonly from: number;
}

/** Events searched without a match before other calls may run. */
const SCANNED_PER_TURN_MAX = 2_000;
/** Bytes read at once while events match. With a page, it limits the memory for a slow reader. */
const BLOCK_BYTES = 64 * 1024;
/** Bytes read at once when nothing has matched for a while. */
const SEARCH_BLOCK_BYTES = 512 * 1024;

export interface ForwardAllCursor extends AllCursor {
  /** Moves past events that were tested while the subscription slept. Returns a checkpoint if one is due. */
  skipTo(awakening: Awakening): Buffer | undefined;
  /** A checkpoint, if its position is new to the reader. */
  checkpoint(): Buffer | undefined;
  /** Whether the log has grown since `next` last found nothing more. Must be called right before sleeping. */
  hasMore(): boolean;
}

/** The memory that a cursor reads blocks of files into. */
function createReadSpace() {
  let memory: Buffer | undefined;
  let bytes = BLOCK_BYTES;
  return {
    buffer(): Buffer {
      if (memory?.length !== bytes) memory = Buffer.allocUnsafeSlow(bytes);
      return memory;
    },
    /** Chooses the block size, by whether the last block had a matching event. */
    fit(nothingMatched: boolean): void {
      bytes = nothingMatched ? SEARCH_BLOCK_BYTES : BLOCK_BYTES;
    },
    release(): void {
      memory = undefined;
    },
  };
}

/** Reads forwards. `after` is the position of an event that is not to be read again. */
export function createForwardCursor(
  options: AllCursorOptions & { readonly after?: number },
): ForwardAllCursor {
  const { log, add, filter, after = -1 } = options;
  const interval = filter.checkpointInterval ?? Number.POSITIVE_INFINITY;
  let position = options.from === 0 ? LOG_START : options.from;
  let left = options.maxCount;
  let sinceCheckpoint = 0;
  let lastSeen = after;
  /** The newest position that the reader knows from an event or a checkpoint. */
  let announced = after;
  /** The position of the newest checkpoint that was sent. */
  let checkpointed = after;
  /** False until the client's own position was checked by reading there; later positions come from the log. */
  let isPositionChecked = options.from === 0;
  /** Records that were read from a file and not tested yet; they begin at `position`. */
  let rest: RecordBlock | undefined;
  /** The end of the log at the last look. */
  let searchedTo = -1;
  const space = createReadSpace();

  async function block(): Promise<RecordBlock | undefined> {
    const known = rest;
    rest = undefined;
    if (known) return known;
    searchedTo = log.durableEnd;
    const read = await readForwards(log, position, { closest: isPositionChecked, into: space.buffer });
    isPositionChecked = true;
    return read;
  }

  /** A checkpoint that is due by the number of events, even right after an event was sent. */
  function checkpointByCount(): Buffer | undefined {
    sinceCheckpoint = 0;
    if (lastSeen <= checkpointed) return undefined;
    announced = lastSeen;
    checkpointed = lastSeen;
    return controlFrames.checkpoint(lastSeen);
  }

  /** Adds the record to the page if it matches. False when the page has no room for it. */
  function readRecord(page: Page, buffer: Buffer, at: number): boolean {
    const here = recordPosition(buffer, at);
    if (here > after) {
      const matches = filter.matches(buffer, at);
      if (matches && !add(page, buffer, at)) return false;
      sinceCheckpoint += 1;
      lastSeen = here;
      if (matches) {
        announced = here;
        left -= 1;
      }
      const checkpoint = sinceCheckpoint >= interval ? checkpointByCount() : undefined;
      if (checkpoint) page.append(checkpoint);
    }
    position = here + recordLength(buffer, at);
    return true;
  }

  return {
    checkpoint: () => (lastSeen > announced ? checkpointByCount() : undefined),
    hasMore: () => log.durableEnd > searchedTo,
    skipTo({ scannedTo, scanned }) {
      if (scannedTo <= position) return undefined;
      const previous = lastStart(log, scannedTo);
      position = scannedTo;
      rest = undefined;
      sinceCheckpoint += scanned;
      if (previous !== undefined) lastSeen = previous;
      return sinceCheckpoint >= interval ? checkpointByCount() : undefined;
    },
    async next() {
      while (left > 0) {
        const read = await block();
        if (!read) {
          space.release();
          return undefined;
        }
        const page = new Page();
        const { buffer, end } = read;
        const leftBefore = left;
        let at = read.start;
        let scanned = 0;
        while (at < end && left > 0 && readRecord(page, buffer, at)) {
          at += recordLength(buffer, at);
          scanned += 1;
        }
        if (read.fromFile && at < end) rest = { ...read, start: at };
        space.fit(left === leftBefore);
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

/** Reads backwards, from the record that ends at `from`. */
export function createBackwardCursor(options: AllCursorOptions): AllCursor {
  const { log, add, filter } = options;
  let position = options.from;
  let left = options.maxCount;
  /** Records that were read from a file and not tested yet; they end at `position`. */
  let rest: RecordBlock | undefined;
  const space = createReadSpace();
  return {
    async next() {
      while (left > 0 && position > LOG_START) {
        const block = rest ?? (await readBackwards(log, position, { into: space.buffer }));
        rest = undefined;
        if (!block) return undefined;
        const page = new Page();
        const { buffer, start } = block;
        let { end } = block;
        while (end > start && left > 0) {
          const at = end - buffer.readUInt32LE(end - 4);
          const matches = filter.matches(buffer, at);
          if (matches && !add(page, buffer, at)) break;
          if (matches) left -= 1;
          end = at;
          position = recordPosition(buffer, at);
        }
        if (block.fromFile && end > start) rest = { ...block, end };
        space.fit(page.empty);
        if (!page.empty) return page.take();
      }
      return undefined;
    },
  };
}
