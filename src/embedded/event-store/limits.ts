/** Every limit of the embedded event store. Tests lower them; the defaults are what the documentation states. */
export interface EventStoreLimits {
  /** All events of one append together; EventStoreDB's own default. */
  readonly appendBytesMax: number;
  /** One gRPC message. */
  readonly messageBytesMax: number;
  readonly eventsPerAppendMax: number;
  readonly streamNameBytesMax: number;
  readonly eventTypeBytesMax: number;
  /** HTTP/2 streams (calls and subscriptions) per connection. */
  readonly callsPerConnectionMax: number;
  readonly connectionsMax: number;
  /** Appends taken but not yet on disk; beyond it connections aren't read from. */
  readonly pendingBytesMax: number;
  /** Events of appends that have begun and are not complete, over all connections together. */
  readonly unfinishedBytesMax: number;
  /** Appends of one BatchAppend call that are begun but not final. */
  readonly unfinishedAppendsPerCallMax: number;
  /** A regular expression in a filter. */
  readonly filterBytesMax: number;
  readonly filterPrefixesMax: number;
  /** A log file is closed and a new one begun at this size. */
  readonly segmentBytes: number;
  /** Zeros written behind the newest events at a time, so that what comes next changes no file's size. */
  readonly preallocatedBytes: number;
  /** Events indexed in memory before they are written to an index file. */
  readonly indexedInMemoryMax: number;
  /** Newest events whose ids are known, so that a repeat without an expectation is recognised; 65,535 at most. */
  readonly recentIdsMax: number;
  /** Time that opening may spend on checking closed log files; the rest is checked in the background. */
  readonly openCheckMs: number;
  /** How long after a truncation its events leave the disk, at the earliest. */
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
  openCheckMs: 1_000,
  compactionDelayMs: 30_000,
  compactionGarbageShareMin: 0.05,
});
