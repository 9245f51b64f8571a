export {
  EventStoreConfigurationError,
  type EventStoreStatistics,
  type RunningEventStore,
  type StartEventStoreOptions,
  startEventStore,
} from './event-store-server.js';
export { DEFAULT_LIMITS, type EventStoreLimits } from './limits.js';
export type { EventStoreLogger } from './logger.js';
export { type SpawnedEventStore, spawnEventStore } from './spawn-event-store.js';
export { FolderInUseError } from './storage/folder-lock.js';
export { DamagedLogError } from './storage/storage-errors.js';
