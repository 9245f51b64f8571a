import type { Clock } from '../../../clock.js';
import type { EventStoreLimits } from '../limits.js';
import type { EventStoreLogger } from '../logger.js';
import { closeSegment } from '../storage/segment.js';
import { checkSegmentSlowly } from '../storage/segment-check.js';
import { DamagedLogError } from '../storage/storage-errors.js';
import type { EventStore } from './event-store.js';

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

export function startMaintenance(store: EventStore, { logger, clock }: MaintenanceOptions): Maintenance {
  const stopped = new AbortController();
  let damage: string | undefined;

  async function checkRest(): Promise<void> {
    for (const segment of store.unchecked) {
      if (stopped.signal.aborted) return;
      try {
        await checkSegmentSlowly(segment, async () => {
          await clock.sleep(CHECK_PAUSE_MS, stopped.signal);
          if (stopped.signal.aborted) throw new Error('stopped');
        });
      } catch (error) {
        if (stopped.signal.aborted) return;
        if (!(error instanceof DamagedLogError)) throw error;
        damage ??= error.message;
        logger.error({ reason: error.message }, 'the log is damaged; restore it from a copy');
      }
      if (segment !== store.log.segments.at(-1)) closeSegment(segment);
    }
  }

  const checking = checkRest();
  return {
    damage: () => damage,
    async stop() {
      stopped.abort();
      await checking;
    },
  };
}
