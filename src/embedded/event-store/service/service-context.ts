import type { Clock } from '../../../clock.js';
import type { EventStoreLimits } from '../limits.js';
import type { EventStoreLogger } from '../logger.js';
import type { EventStore } from '../store/event-store.js';

/** What every call needs. */
export interface ServiceContext {
  readonly store: EventStore;
  readonly limits: EventStoreLimits;
  readonly clock: Clock;
  readonly logger: EventStoreLogger;
  readonly counters: ServiceCounters;
}

export interface ServiceCounters {
  subscriptions: number;
  /** Bytes of events of unfinished appends. */
  unfinishedBytes: number;
  /** Appends accepted since the start. */
  appends: number;
}
