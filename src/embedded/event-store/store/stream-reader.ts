import { join } from 'node:path';
import { readRecord } from '../storage/log-reader.js';
import type { LogState } from '../storage/log-state.js';
import { type RecordView, recordRevision, recordStreamHash, TOMBSTONE } from '../storage/record.js';
import { DamagedLogError } from '../storage/storage-errors.js';
import type { IndexEntry } from '../stream-index/index-file.js';
import type { StreamIndex, StreamKey } from '../stream-index/stream-index.js';
import { dataOf } from './event-data.js';
import {
  METASTREAM_METADATA,
  NO_METADATA,
  parseStreamMetadata,
  type StreamMetadata,
} from './stream-metadata.js';
import { NO_EVENTS, type StreamState, type StreamStates } from './stream-state.js';
import { isMetastream, metastreamOf, originalOf } from './system-names.js';

/** What is known about single streams: their last revisions, their metadata and their records. */
export class StreamReader {
  constructor(
    private readonly log: LogState,
    private readonly index: StreamIndex,
    private readonly states: StreamStates,
    private readonly dataDir: string,
  ) {}

  /**
   * The revision that an append takes as the stream's last. The metadata stream of a permanently deleted stream
   * counts as deleted too, unless it already had events.
   */
  lastFor(state: StreamState): number {
    if (state.last === NO_EVENTS && isMetastream(state.name)) {
      const original = this.states.get(originalOf(state.name));
      if (original.last === TOMBSTONE) return TOMBSTONE;
    }
    return state.last;
  }

  /** Revision of the stream's newest event that is on disk, or `NO_EVENTS` or `TOMBSTONE`. */
  durableLast(state: StreamState): number {
    const last = this.lastFor(state);
    if (last === NO_EVENTS || this.log.tail.end() === this.log.durableEnd) return last;
    if (last === TOMBSTONE && state.last === NO_EVENTS) return last;
    let entry = this.index.last(state);
    while (entry && entry.position >= this.log.durableEnd) {
      entry = entry.revision === 0 ? undefined : this.index.last(state, entry.revision - 1);
    }
    return entry?.revision ?? NO_EVENTS;
  }

  /** The lowest revision that the stream's metadata leaves visible, not counting its age limit. */
  firstVisible(state: StreamState): number {
    const { maxCount, truncateBefore } = this.metadata(state);
    const newest = maxCount === undefined ? 0 : state.last + 1 - maxCount;
    return Math.max(0, newest, truncateBefore ?? 0);
  }

  /** The content of a stream's newest `$metadata` event. */
  metadata(state: StreamState): StreamMetadata {
    if (state.metadata) return state.metadata;
    let metadata = NO_METADATA;
    if (isMetastream(state.name)) metadata = METASTREAM_METADATA;
    else {
      const data = this.metadataBytes(state);
      if (data) metadata = parseStreamMetadata(data);
    }
    state.metadata = metadata;
    return metadata;
  }

  /** The same, but only from events on disk. */
  durableMetadata(state: StreamState): StreamMetadata {
    if (isMetastream(state.name)) return METASTREAM_METADATA;
    const metastream = this.states.get(metastreamOf(state.name));
    const last = this.durableLast(metastream);
    const data = last === NO_EVENTS || last === TOMBSTONE ? undefined : this.dataAt(metastream, last);
    return data ? parseStreamMetadata(data) : NO_METADATA;
  }

  metadataBytes(state: StreamState): Buffer | undefined {
    const metastream = this.states.get(metastreamOf(state.name));
    if (metastream.last === NO_EVENTS || metastream.last === TOMBSTONE) return undefined;
    return this.dataAt(metastream, metastream.last);
  }

  private dataAt(state: StreamState, revision: number): Buffer | undefined {
    const entry = this.index.last(state, revision);
    const record = entry?.revision === revision ? this.recordOf(state, entry) : undefined;
    return record && dataOf(record);
  }

  /**
   * The record of an index entry, or undefined when it was removed from disk. Errors: DamagedLogError, also when the
   * record is another event, so that no event of another stream is ever shown.
   */
  recordOf({ name, hash }: StreamKey, { revision, position }: IndexEntry): RecordView | undefined {
    const record = readRecord(this.log, position);
    if (!record) return undefined;
    const { buffer, offset } = record;
    if (recordRevision(buffer, offset) === revision && recordStreamHash(buffer, offset).equals(hash))
      return record;
    throw new DamagedLogError(
      `${join(this.dataDir, 'index')} is damaged: it leads from ${name}@${revision} to another event. ` +
        'Stop the store and remove that folder; it is made again from the log',
    );
  }

  hasMetadata(state: StreamState): boolean {
    return this.states.get(metastreamOf(state.name)).last !== NO_EVENTS;
  }
}
