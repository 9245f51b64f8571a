/**
 * An event store in one folder that speaks EventStoreDB's gRPC protocol. `service/` answers calls, `store/` decides on
 * appends and keeps the state of streams, `storage/` holds the log on disk, and `stream-index/` finds a stream's events
 * in it. `startEventStore` runs it in this process and `spawnEventStore` in a child; docs/event-store.md has its limits.
 */
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
