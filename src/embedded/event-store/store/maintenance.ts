import type { Clock } from '../../../clock.js';
import { errorMessage } from '../../../wording/error-message.js';
import type { EventStoreLimits } from '../limits.js';
import type { EventStoreLogger } from '../logger.js';
import { closeSegment } from '../storage/segment.js';
import { checkSegmentSlowly } from '../storage/segment-check.js';
import { DamagedLogError } from '../storage/storage-errors.js';
import { runCompactionPass } from './compaction-pass.js';
import type { EventStore } from './event-store.js';

export interface MaintenanceOptions {
  readonly limits: EventStoreLimits;
  readonly logger: EventStoreLogger;
  readonly clock: Clock;
}

/** Background work: checking files that opening had no time for, and compaction. */
export interface Maintenance {
  /** The first damage that was found, as a sentence. */
  damage(): string | undefined;
  stop(): Promise<void>;
}

/** Pause after each megabyte that is checked: about 20 MB a second. */
const CHECK_PAUSE_MS = 50;
/** Pause after each megabyte that compaction reads. */
const COMPACTION_PAUSE_MS = 5;
/** Hidden events are removed from disk after this long, however small their share of a file is. */
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

  /**
   * Runs one piece of work. Damage is remembered and logged, other errors are logged. Resolves with whether it
   * succeeded.
   */
  async function attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (error instanceof DamagedLogError) damage ??= error.message;
      const what =
        error instanceof DamagedLogError ? 'the log is damaged; restore it from a copy' : 'upkeep failed';
      logger.error({ reason: errorMessage(error) }, what);
      return false;
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
    let garbageLeft = false;
    // Streams that an earlier process truncated aren't known by name, so the first pass reads every file.
    let mayBeAnywhere = store.truncation.fresh;
    while (!signal.aborted) {
      await clock.sleep(limits.compactionDelayMs, signal);
      if (signal.aborted) return;
      const { fresh, sinceMs } = store.truncation;
      const waitedLong = sinceMs !== undefined && clock.now() - sinceMs > EVERYTHING_GONE_AFTER_MS;
      const aged = clock.monotonicMs() - agedPassMs > EVERYTHING_GONE_AFTER_MS;
      if (!fresh && !waitedLong && !aged) continue;
      agedPassMs = clock.monotonicMs();
      store.truncation.beginPass();
      const streams = store.takeTruncated();
      const everything = waitedLong || aged || mayBeAnywhere || streams === undefined;
      const shareMin = waitedLong || aged ? 0 : limits.compactionGarbageShareMin;
      const garbageStays = await compact(shareMin, everything ? undefined : streams);
      // A pass over some files doesn't show whether an earlier one left garbage in others.
      if (everything) mayBeAnywhere = false;
      garbageLeft = garbageStays || (garbageLeft && !everything);
      store.truncation.endPass(garbageLeft);
    }
  }

  const compact = (shareMin: number, streams: ReadonlySet<string> | undefined): Promise<boolean> =>
    runCompactionPass(store, {
      streams,
      logger,
      nowMs: clock.now(),
      shareMin,
      pause: pause(COMPACTION_PAUSE_MS),
      attempt,
      signal,
    });

  const working = Promise.all([checkRest(), compactLoop()]);
  return {
    damage: () => damage,
    async stop() {
      stopped.abort();
      await working;
    },
  };
}
