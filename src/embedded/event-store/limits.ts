/** Every limit of the embedded event store. Tests lower them; the documentation states the defaults. */
export interface EventStoreLimits {
  /** All events of one append together; the same default as EventStoreDB's. */
  readonly appendBytesMax: number;
  /** One gRPC message. */
  readonly messageBytesMax: number;
  readonly eventsPerAppendMax: number;
  readonly streamNameBytesMax: number;
  readonly eventTypeBytesMax: number;
  /** HTTP/2 streams (calls and subscriptions) per connection. */
  readonly callsPerConnectionMax: number;
  readonly connectionsMax: number;
  /** Accepted appends that are not on disk yet; with more, nothing is read from connections. */
  readonly pendingBytesMax: number;
  /** Events of unfinished appends, over all connections together. */
  readonly unfinishedBytesMax: number;
  /** Unfinished appends of one BatchAppend call. */
  readonly unfinishedAppendsPerCallMax: number;
  /** A regular expression in a filter. */
  readonly filterBytesMax: number;
  readonly filterPrefixesMax: number;
  /** A log file of this size is closed and a new one begun. */
  readonly segmentBytes: number;
  /** Zeros written after the newest events at a time, so that the next events don't change the file's size. */
  readonly preallocatedBytes: number;
  /** Events indexed in memory before they are written to an index file. */
  readonly indexedInMemoryMax: number;
  /**
   * Newest events whose ids are known, so that a repeated append without an expected revision is recognised; 65,535
   * at most.
   */
  readonly recentIdsMax: number;
  /** Newest bytes of the log that opening reads to learn ids, also where the index covers them. */
  readonly recentIdsBytes: number;
  /** Time that opening may spend on checking closed log files; the rest is checked in the background. */
  readonly openCheckMs: number;
  /** The shortest time between a truncation and the removal of its events from disk. */
  readonly compactionDelayMs: number;
  /** Share of a closed log file that must be truncated before it is rewritten. */
  readonly compactionGarbageShareMin: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_LIMITS: EventStoreLimits = Object.freeze({
  appendBytesMax: MIB,
  messageBytesMax: 16 * MIB,
  eventsPerAppendMax: 65_536,
  streamNameBytesMax: 4096,
  eventTypeBytesMax: 4096,
  callsPerConnectionMax: 10_000,
  connectionsMax: 2_000,
  pendingBytesMax: 16 * MIB,
  unfinishedBytesMax: 128 * MIB,
  unfinishedAppendsPerCallMax: 1_000,
  filterBytesMax: 4096,
  filterPrefixesMax: 1_000,
  segmentBytes: 64 * MIB,
  preallocatedBytes: MIB / 2,
  indexedInMemoryMax: 32_768,
  recentIdsMax: 32_768,
  recentIdsBytes: 16 * MIB,
  openCheckMs: 1_000,
  compactionDelayMs: 30_000,
  compactionGarbageShareMin: 0.05,
});
