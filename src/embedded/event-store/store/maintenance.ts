import type { Clock } from '../../../clock.js';
import type { EventStoreLimits } from '../limits.js';
import type { EventStoreLogger } from '../logger.js';
import { type CompactionOptions, compactSegment, garbageShare } from '../storage/compact-segment.js';
import { closeSegment, type Segment } from '../storage/segment.js';
import { checkSegmentSlowly } from '../storage/segment-check.js';
import { DamagedLogError, errorMessage } from '../storage/storage-errors.js';
import type { EventStore } from './event-store.js';
import { createGarbageTest } from './garbage.js';

export interface MaintenanceOptions {
  readonly limits: EventStoreLimits;
  readonly logger: EventStoreLogger;
  readonly clock: Clock;
}

/** What goes on behind the calls: checking files that opening had no time for, and compacting. */
export interface Maintenance {
  /** The first damage found, as a sentence. */
  damage(): string | undefined;
  stop(): Promise<void>;
}

/** One megabyte at a time, then a pause: some 20 MB a second. */
const CHECK_PAUSE_MS = 50;
/** Compacting reads a megabyte, then pauses. */
const COMPACTION_PAUSE_MS = 5;
/** Whatever its share of a file, what is truncated or too old has left the disk after this long. */
const EVERYTHING_GONE_AFTER_MS = 24 * 3600 * 1000;

export function startMaintenance(
  store: EventStore,
  { limits, logger, clock }: MaintenanceOptions,
): Maintenance {
  const stopped = new AbortController();
  const { signal } = stopped;
  let damage: string | undefined;

  const pause = (ms: number) => async () => {
    await clock.sleep(ms, signal);
    signal.throwIfAborted();
  };

  /** Does one piece of work; damage is remembered and told, other errors are told. */
  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof DamagedLogError) damage ??= error.message;
      const what =
        error instanceof DamagedLogError ? 'the log is damaged; restore it from a copy' : 'upkeep failed';
      logger.error({ reason: errorMessage(error) }, what);
    }
  }

  async function checkRest(): Promise<void> {
    for (const segment of store.unchecked) {
      if (signal.aborted) return;
      if (!store.log.segments.includes(segment)) continue;
      await attempt(() => checkSegmentSlowly(segment, pause(CHECK_PAUSE_MS)));
      if (store.log.segments.includes(segment)) closeSegment(segment);
    }
  }

  async function compactLoop(): Promise<void> {
    let agedPassMs = clock.monotonicMs();
    while (!signal.aborted) {
      await clock.sleep(limits.compactionDelayMs, signal);
      if (signal.aborted) return;
      const { fresh, sinceMs } = store.truncation;
      const waitedLong = sinceMs !== undefined && clock.now() - sinceMs > EVERYTHING_GONE_AFTER_MS;
      const aged = clock.monotonicMs() - agedPassMs > EVERYTHING_GONE_AFTER_MS;
      if (!fresh && !waitedLong && !aged) continue;
      agedPassMs = clock.monotonicMs();
      store.truncation.take();
      const shareMin = waitedLong || aged ? 0 : limits.compactionGarbageShareMin;
      const leftSomething = await compactAll(shareMin);
      if (leftSomething && !signal.aborted) store.truncation.putBack(sinceMs ?? clock.now());
    }
  }

  /** Resolves with whether truncated events stayed because there were too few of them in a file. */
  async function compactAll(shareMin: number): Promise<boolean> {
    const options: CompactionOptions = {
      log: store.log,
      isGarbage: createGarbageTest(store, clock.now()),
      pause: pause(COMPACTION_PAUSE_MS),
    };
    let leftSomething = false;
    const active = store.log.segments.at(-1);
    if (active) {
      // The file that is written to can't be rewritten; it is closed first.
      await attempt(async () => {
        const share = await garbageShare(active, options);
        if (share > shareMin) await store.beginNewSegment();
        else if (share > 0) leftSomething = true;
      });
    }
    for (const segment of store.log.segments.slice(0, -1)) {
      if (signal.aborted) return true;
      await attempt(async () => {
        const share = await garbageShare(segment, options);
        if (share > shareMin) await compact(segment, options);
        else if (share > 0) leftSomething = true;
      });
    }
    return leftSomething;
  }

  async function compact(segment: Segment, options: CompactionOptions): Promise<void> {
    const freed = await compactSegment(segment, options);
    logger.info({ file: segment.path, bytes: freed }, 'truncated events left the disk');
  }

  const working = Promise.all([checkRest(), compactLoop()]);
  return {
    damage: () => damage,
    async stop() {
      stopped.abort();
      await working;
    },
  };
}
