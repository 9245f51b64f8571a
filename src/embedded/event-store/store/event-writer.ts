import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../clock.js';
import type { LogState } from '../storage/log-state.js';
import {
  type EventToRecord,
  encodeRecord,
  type RecordPlace,
  shapeOfRecord,
  TOMBSTONE,
} from '../storage/record.js';
import type { StreamIndex } from '../stream-index/stream-index.js';
import type { AppendOutcome } from './append-outcome.js';
import type { RecentIds } from './recent-ids.js';
import { parseStreamMetadata, withTruncateBefore } from './stream-metadata.js';
import type { StreamReader } from './stream-reader.js';
import type { StreamState, StreamStates } from './stream-state.js';
import {
  isMetastream,
  METADATA_EVENT_TYPE,
  metastreamOf,
  originalOf,
  STREAM_DELETED_EVENT_TYPE,
} from './system-names.js';
import type { TruncatedStreams } from './truncated-streams.js';

const METADATA_TYPE_BYTES = Buffer.from(METADATA_EVENT_TYPE);
const TOMBSTONE_TYPE_BYTES = Buffer.from(STREAM_DELETED_EVENT_TYPE);
const NOTHING = Buffer.alloc(0);
const REVISION_MAX = TOMBSTONE - 2;

/** The parts of a store that change with each event. */
export interface EventWriterParts {
  readonly log: LogState;
  readonly index: StreamIndex;
  readonly ids: RecentIds;
  readonly states: StreamStates;
  readonly streams: StreamReader;
  readonly truncated: TruncatedStreams;
  readonly clock: Clock;
}

/** Writes the events of appends and deletions to the end of the log, in memory; a commit writes them to disk. */
export class EventWriter {
  constructor(private readonly parts: EventWriterParts) {}

  write(state: StreamState, events: readonly EventToRecord[]): AppendOutcome {
    const { last } = state;
    if (events.length === 0) return { kind: 'appended', revision: last, position: this.parts.log.durableEnd };
    if (last + events.length > REVISION_MAX) return { kind: 'refused', reason: 'the stream is full' };
    const reopened = this.reopenedBy(state, events.at(-1)?.data ?? NOTHING);
    let remaining = events.length + (reopened ? 1 : 0);
    let position = 0;
    for (const event of events) {
      remaining -= 1;
      position = this.writeEvent(state, event, state.last + 1, remaining);
    }
    const outcome: AppendOutcome = { kind: 'appended', revision: state.last, position };
    if (isMetastream(state.name)) this.metadataWritten(state, events.at(-1)?.data ?? NOTHING);
    if (reopened) this.writeMetadata(reopened.stream, reopened.metadata);
    return outcome;
  }

  /**
   * The deleted stream that an append opens again, and the metadata that says so. Both belong to one append, because
   * one without the other would show deleted events. `data` is that of the append's last event.
   */
  private reopenedBy(
    state: StreamState,
    data: Buffer,
  ): { readonly stream: StreamState; readonly metadata: Buffer } | undefined {
    if (this.parts.streams.metadata(state).softDeleted) {
      const metadata = withTruncateBefore(this.parts.streams.metadataBytes(state) ?? NOTHING, state.last + 1);
      return { stream: state, metadata };
    }
    if (!isMetastream(state.name)) return undefined;
    const stream = this.parts.states.get(originalOf(state.name));
    if (isMetastream(stream.name) || !this.parts.streams.metadata(stream).softDeleted) return undefined;
    if (stream.last === TOMBSTONE || parseStreamMetadata(data).softDeleted) return undefined;
    return { stream, metadata: withTruncateBefore(data, stream.last + 1) };
  }

  /** New metadata takes effect at once. */
  private metadataWritten(metastream: StreamState, data: Buffer): void {
    const original = this.parts.states.get(originalOf(metastream.name));
    if (isMetastream(original.name)) return;
    original.metadata = parseStreamMetadata(data);
    this.recordTruncation(original, metastream);
  }

  writeTombstone(state: StreamState): AppendOutcome {
    const event = {
      id: randomUUID(),
      type: TOMBSTONE_TYPE_BYTES,
      isJson: false,
      data: NOTHING,
      metadata: NOTHING,
    };
    const position = this.writeEvent(state, event, TOMBSTONE, 0);
    this.recordTruncation(state, this.parts.states.get(metastreamOf(state.name)));
    return { kind: 'appended', revision: TOMBSTONE, position };
  }

  writeSoftDelete(state: StreamState): AppendOutcome {
    const data = withTruncateBefore(this.parts.streams.metadataBytes(state) ?? NOTHING, undefined);
    const position = this.writeMetadata(state, data);
    return { kind: 'appended', revision: state.last, position };
  }

  /** Writes metadata that ends an append. */
  private writeMetadata(state: StreamState, data: Buffer): number {
    const metastream = this.parts.states.get(metastreamOf(state.name));
    const event = { id: randomUUID(), type: METADATA_TYPE_BYTES, isJson: true, data, metadata: NOTHING };
    const position = this.writeEvent(metastream, event, metastream.last + 1, 0);
    state.metadata = parseStreamMetadata(data);
    this.recordTruncation(state, metastream);
    return position;
  }

  private recordTruncation(...states: readonly StreamState[]): void {
    this.parts.truncated.note(this.parts.log.tail.end(), states);
  }

  /** Adds one event at the end of the log, not yet on disk, and returns its position. */
  private writeEvent(state: StreamState, event: EventToRecord, revision: number, remaining: number): number {
    const { tail } = this.parts.log;
    const place: RecordPlace = {
      position: tail.end(),
      durableEnd: this.parts.log.durableEnd,
      createdMs: this.parts.clock.now(),
      revision,
      remaining,
      streamName: state.nameBytes,
      streamHash: state.hash,
    };
    const shape = shapeOfRecord(event, place);
    const { buffer, offset } = tail.reserve(shape.length);
    encodeRecord(buffer, offset, event, place, shape);
    this.parts.index.add(state, revision, place.position);
    this.parts.ids.add(event.id, place.position);
    state.last = revision;
    return place.position;
  }
}
