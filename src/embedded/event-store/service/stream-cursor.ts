import type { Clock } from '../../../clock.js';
import { recordCreatedMs, TOMBSTONE } from '../storage/record.js';
import type { EventStore } from '../store/event-store.js';
import type { IndexEntry } from '../stream-index/index-file.js';
import type { StreamKey } from '../stream-index/stream-index.js';
import type { AddEvent } from './event-encoder.js';
import { Page } from './page.js';

/** Reads a stream page by page. */
export interface StreamCursor {
  /** The next page, or undefined when there is nothing more for now. */
  next(): Buffer | undefined;
}

export interface StreamCursorOptions {
  readonly store: EventStore;
  readonly stream: StreamKey;
  readonly add: AddEvent;
  /** First revision to read. */
  readonly from: number;
  /** Last revision to read, in the direction of reading; undefined for no end. */
  readonly to: number | undefined;
  readonly backwards: boolean;
  readonly maxCount: number;
  /** Events older than this are skipped, milliseconds since 1970. */
  readonly createdFromMs: number | undefined;
}

const ENTRIES_PER_LOOKUP = 64;

export interface SubscribableCursor extends StreamCursor {
  /** Whether the stream was permanently deleted and the event that says so was sent. */
  readonly ended: boolean;
  /** Stops applying the stream's age limit, because live events are always sent. */
  goLive(): void;
}

/** A cursor that stands before the first event to read. */
export function createStreamCursor(options: StreamCursorOptions): SubscribableCursor {
  const { store, stream, add, backwards, to } = options;
  let revision = options.from;
  let left = options.maxCount;
  let { createdFromMs } = options;
  let ended = false;
  let finished = false;
  /** Index entries that were looked up; those from `at` on were not sent yet. */
  let entries: readonly IndexEntry[] = [];
  let at = 0;

  function lookUp(): void {
    const count = Math.min(left, ENTRIES_PER_LOOKUP);
    const found = backwards
      ? store.index.downFrom(stream, revision, count)
      : store.index.from(stream, revision, count);
    entries = found.filter(
      (entry) =>
        entry.position < store.log.durableEnd &&
        (to === undefined || (backwards ? entry.revision >= to : entry.revision <= to)),
    );
    at = 0;
  }

  /** False when the page has no room for the event. */
  function addEntry(page: Page, entry: IndexEntry): boolean {
    const record = store.streams.recordOf(stream, entry);
    if (!record) return true;
    const { buffer, offset } = record;
    if (createdFromMs !== undefined && recordCreatedMs(buffer, offset) < createdFromMs) return true;
    if (!add(page, buffer, offset)) return false;
    left -= 1;
    return true;
  }

  return {
    get ended() {
      return ended;
    },
    goLive() {
      createdFromMs = undefined;
    },
    next() {
      const page = new Page();
      while (!finished && left > 0) {
        if (at === entries.length) lookUp();
        const entry = entries[at];
        if (!entry) break;
        if (!addEntry(page, entry)) return page.take();
        at += 1;
        if (entry.revision === TOMBSTONE && !backwards) {
          ended = true;
          finished = true;
        }
        revision = entry.revision + (backwards ? -1 : 1);
        if (revision < 0 || entry.revision === to) finished = true;
      }
      return page.empty ? undefined : page.take();
    },
  };
}

/** The time before which a stream's age limit hides events, by their creation time. */
export function oldestVisibleMs(maxAgeMs: number | undefined, clock: Clock): number | undefined {
  return maxAgeMs === undefined ? undefined : clock.now() - maxAgeMs;
}
