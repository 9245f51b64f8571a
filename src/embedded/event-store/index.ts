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
export { type CopyOptions, type CopyReport, copyEventStore } from './tools/copy-event-store.js';
export { CopyConflictError } from './tools/copy-target.js';
export { type VerifyReport, verifyEventStore } from './tools/verify-event-store.js';
