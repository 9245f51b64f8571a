import type { EventStoreLogger } from '../logger.js';
import { type CompactionOptions, compactSegment, garbageShare } from '../storage/compact-segment.js';
import type { Segment } from '../storage/segment.js';
import type { EventStore } from './event-store.js';
import { createGarbageTest, filesWithGarbage } from './garbage.js';

export interface CompactionPassOptions {
  readonly logger: EventStoreLogger;
  /** Wall clock, milliseconds since 1970: events older than their stream's age limit are garbage. */
  readonly nowMs: number;
  /** Only files with events that these streams no longer show are read; all files where it is undefined. */
  readonly streams?: ReadonlySet<string> | undefined;
  /** A file is rewritten when more than this share of it is garbage, 0 to 1. */
  readonly shareMin: number;
  /** Awaited between blocks; throws to end the pass. */
  readonly pause: () => Promise<void>;
  /** Runs the work on one file and handles its errors. Resolves with whether it succeeded. */
  readonly attempt: (work: () => Promise<void>) => Promise<boolean>;
  readonly signal: AbortSignal;
}

/**
 * Goes once through the log files and rewrites those with enough garbage. Resolves with whether garbage is left in a
 * file that was read.
 */
export async function runCompactionPass(store: EventStore, options: CompactionPassOptions): Promise<boolean> {
  const { logger, shareMin, attempt, signal } = options;
  const compaction: CompactionOptions = {
    log: store.log,
    isGarbage: createGarbageTest(store, options.nowMs),
    pause: options.pause,
  };
  let garbageStays = false;
  let lookedAt: ReadonlySet<Segment> = new Set(store.log.segments);

  async function rewriteIfWorthwhile(segment: Segment, rewrite: () => Promise<void>): Promise<void> {
    if (!lookedAt.has(segment)) return;
    if (signal.aborted) {
      garbageStays = true;
      return;
    }
    const succeeded = await attempt(async () => {
      const share = await garbageShare(segment, compaction);
      if (share > shareMin) await rewrite();
      else if (share > 0) garbageStays = true;
    });
    if (!succeeded) garbageStays = true;
  }

  const { streams } = options;
  if (streams) {
    const found = await attempt(async () => {
      lookedAt = await filesWithGarbage(store, streams, options);
    });
    if (!found) return true;
  }
  // The file that is being written to can't be rewritten, so it is closed first.
  const active = store.log.segments.at(-1);
  if (active) await rewriteIfWorthwhile(active, () => store.beginNewSegment());
  for (const segment of store.log.segments.slice(0, -1)) {
    await rewriteIfWorthwhile(segment, async () => {
      const bytes = await compactSegment(segment, compaction);
      logger.info({ file: segment.path, bytes }, 'truncated events were removed from disk');
    });
  }
  return garbageStays;
}
