import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../../../clock.js';
import type { EventStoreLimits } from '../limits.js';
import type { EventStoreLogger } from '../logger.js';
import { type HeadMark, openHeadMark, readHeadMark } from '../storage/head-mark.js';
import { readRecord } from '../storage/log-reader.js';
import { LOG_START, type LogState } from '../storage/log-state.js';
import { createLogWriter, type LogWriter, type WriteThrough } from '../storage/log-writer.js';
import { openLog } from '../storage/open-log.js';
import { type EventToRecord, recordId, recordRevision, recordStreamHash } from '../storage/record.js';
import { closeSegment, type Segment } from '../storage/segment.js';
import { WriteRefusedError } from '../storage/storage-errors.js';
import { StreamIndex } from '../stream-index/stream-index.js';
import { type AppendDecision, decideAppend } from './append-check.js';
import type { AppendOutcome } from './append-outcome.js';
import { EventWriter } from './event-writer.js';
import { createLiveTail, type LiveTail } from './live-tail.js';
import { createRecentIds, type RecentIds } from './recent-ids.js';
import { StreamReader } from './stream-reader.js';
import { createStreamStates, NO_EVENTS, type StreamState, type StreamStates } from './stream-state.js';
import { METADATA_EVENT_TYPE, STREAM_DELETED_EVENT_TYPE } from './system-names.js';
import { createTruncatedStreams, type TruncatedStreams } from './truncated-streams.js';
import { openTruncationMark, type TruncationMark } from './truncation-mark.js';

export interface EventStoreOptions {
  readonly dataDir: string;
  readonly limits: EventStoreLimits;
  readonly logger: EventStoreLogger;
  readonly clock: Clock;
  /** Writes the log to disk; set by tests of failing disks. */
  readonly write?: WriteThrough | undefined;
}

/** What opening the folder of a store found. */
interface OpenedStore {
  readonly log: LogState;
  readonly index: StreamIndex;
  readonly ids: RecentIds;
  readonly headMark: HeadMark;
  readonly truncation: TruncationMark;
  readonly unchecked: readonly Segment[];
}

/** Types of events that can hide other events. */
const TRUNCATING_TYPES = new Set([METADATA_EVENT_TYPE, STREAM_DELETED_EVENT_TYPE]);

/**
 * Streams of events in one log: checks and writes appends, and keeps the state of each stream. Appends are decided in
 * memory in the order of arrival, and answered when they are on disk.
 */
export class EventStore {
  readonly log: LogState;
  readonly index: StreamIndex;
  /** Records that metadata on disk hides events, so that there may be something to compact. */
  readonly truncation: TruncationMark;
  /** Closed log files that still have to be checked. */
  readonly unchecked: readonly Segment[];
  readonly live: LiveTail;
  private readonly ids: RecentIds;
  private readonly headMark: HeadMark;
  private readonly states: StreamStates;
  private readonly writer: LogWriter;
  private readonly truncated: TruncatedStreams;
  private readonly events: EventWriter;
  /** Reads what is known about single streams. */
  readonly streams: StreamReader;

  private constructor(opened: OpenedStore, options: EventStoreOptions) {
    const { log, index, ids } = opened;
    this.log = log;
    this.index = index;
    this.ids = ids;
    this.headMark = opened.headMark;
    this.truncation = opened.truncation;
    this.unchecked = opened.unchecked;
    this.live = createLiveTail(log);
    this.states = createStreamStates((state) => this.loadLast(state));
    this.truncated = createTruncatedStreams(opened.truncation);
    this.streams = new StreamReader(log, index, this.states, options.dataDir);
    const { states, streams, truncated } = this;
    this.events = new EventWriter({ log, index, ids, states, streams, truncated, clock: options.clock });
    this.writer = createLogWriter({
      log,
      logger: options.logger,
      write: options.write,
      onDurable: (from, to) => {
        this.headMark.note(to);
        ids.settle(to);
        this.live.advance(from, to);
      },
      onAnswered: () => this.markAndIndex(),
      onCut: (end) => {
        this.index.cut(end);
        ids.cut(end);
        this.states.clear();
      },
    });
  }

  /** Opens the store of a folder. Errors: DamagedLogError. */
  static open(options: EventStoreOptions): EventStore {
    const { dataDir, limits, logger, clock } = options;
    const index = StreamIndex.open(join(dataDir, 'index'), limits.indexedInMemoryMax, logger);
    const truncation = openTruncationMark(dataDir, clock, logger);
    const ids = createRecentIds(limits.recentIdsMax);
    const covered = index.coveredTo;
    const folder = join(dataDir, 'log');
    const durableAtLeast = Math.max(covered, readHeadMark(dataDir) ?? LOG_START);
    const { log, unchecked } = releasingOnError(index, () =>
      openLog({
        folder,
        limits,
        logger,
        replayFrom: Math.max(LOG_START, Math.min(covered, durableAtLeast - limits.recentIdsBytes)),
        durableAtLeast,
        onAppend(events) {
          for (const { id, position } of events) ids.add(id, position);
          const missing = events.filter(({ position }) => position >= covered);
          for (const { streamName, streamHash, revision, position, type } of missing) {
            index.add({ name: streamName, hash: streamHash }, revision, position);
            // The mark is written after the answer to a truncation, so a crash may have lost it.
            if (TRUNCATING_TYPES.has(type)) truncation.set();
          }
          const end = missing.at(-1)?.end;
          if (end !== undefined) index.flush(end, end);
        },
      }),
    );
    const headMark = openHeadMark(dataDir, log.durableEnd, logger);
    return new EventStore({ log, index, ids, headMark, truncation, unchecked }, options);
  }

  /**
   * Does work that no caller waits for: marks truncations, then writes the index of events that are on disk. The mark
   * is written first, because opening looks for truncations only among events that the index files lack.
   */
  private markAndIndex(): void {
    const { durableEnd } = this.log;
    this.truncated.settle(durableEnd);
    if (!this.closed) this.index.flush(durableEnd, this.log.tail.end());
  }

  /** The streams whose events this process hid, durably, since the last call; undefined for too many. */
  takeTruncated(): ReadonlySet<string> | undefined {
    return this.truncated.take();
  }

  private closed = false;

  private loadLast(state: StreamState): number {
    return this.index.last(state)?.revision ?? NO_EVENTS;
  }

  state(name: string): StreamState {
    return this.states.get(name);
  }

  /** Bytes of appends that are not on disk yet. */
  pendingBytes(): number {
    return this.log.tail.end() - this.log.durableEnd;
  }

  /**
   * Appends all events or none. Calls `answer` when the outcome is certain and on disk. `expected` is a revision or
   * one of ANY, NO_STREAM, STREAM_EXISTS.
   */
  append(
    name: string,
    expected: number,
    events: readonly EventToRecord[],
    answer: (outcome: AppendOutcome) => void,
  ): void {
    const state = this.states.get(name);
    const last = this.streams.lastFor(state);
    const decision = decideAppend(
      this.factsOf(state, last),
      expected,
      events.map(({ id }) => id),
    );
    this.answerWhenDurable(this.applyAppend(decision, state, last, events), answer);
  }

  private applyAppend(
    decision: AppendDecision,
    state: StreamState,
    last: number,
    events: readonly EventToRecord[],
  ): AppendOutcome {
    switch (decision.kind) {
      case 'stream-deleted':
        return { kind: 'stream-deleted' };
      case 'wrong-expected-revision':
        return { kind: 'wrong-expected-revision', last };
      case 'repeated': {
        const position = this.index.last(state, decision.lastRevision)?.position ?? LOG_START;
        return { kind: 'appended', revision: decision.lastRevision, position };
      }
      case 'write':
        return this.events.write(state, events);
    }
  }

  /**
   * Deletes a stream, either so that the next append continues it or permanently. Answers like an append; the
   * position is that of the event that records the deletion.
   */
  delete(name: string, expected: number, forGood: boolean, answer: (outcome: AppendOutcome) => void): void {
    const state = this.states.get(name);
    const last = this.streams.lastFor(state);
    const decision = decideAppend(this.factsOf(state, last), expected, [randomUUID()]);
    this.answerWhenDurable(this.applyDelete(decision, state, last, forGood), answer);
  }

  private applyDelete(
    decision: AppendDecision,
    state: StreamState,
    last: number,
    forGood: boolean,
  ): AppendOutcome {
    if (decision.kind === 'stream-deleted') return { kind: 'stream-deleted' };
    const hasNothing = last === NO_EVENTS && !this.streams.hasMetadata(state);
    if (decision.kind !== 'write' || (!forGood && hasNothing)) {
      return { kind: 'wrong-expected-revision', last };
    }
    return forGood ? this.events.writeTombstone(state) : this.events.writeSoftDelete(state);
  }

  private factsOf(state: StreamState, last: number) {
    return {
      last,
      softDeleted: () => this.streams.metadata(state).softDeleted,
      hasMetadata: () => this.streams.hasMetadata(state),
      revisionOfId: (id: string) => this.revisionOfId(state, id),
      idAt: (revision: number) => {
        const entry = this.index.last(state, revision);
        if (entry?.revision !== revision) return undefined;
        const record = this.streams.recordOf(state, entry);
        return record && recordId(record.buffer, record.offset);
      },
    };
  }

  private revisionOfId(state: StreamState, id: string): number | undefined {
    const position = this.ids.find(id);
    if (position === undefined || position >= this.log.tail.end()) return undefined;
    const { index, log } = this;
    const record = readRecord(log, position);
    if (!record || recordId(record.buffer, record.offset) !== id) return undefined;
    if (!recordStreamHash(record.buffer, record.offset).equals(state.hash)) return undefined;
    const revision = recordRevision(record.buffer, record.offset);
    // After the log was cut, another event may be at the id's position, so the index decides.
    return index.last(state, revision)?.position === position ? revision : undefined;
  }

  private answerWhenDurable(outcome: AppendOutcome, answer: (outcome: AppendOutcome) => void): void {
    if (outcome.kind === 'refused' || this.pendingBytes() === 0) {
      answer(outcome);
      return;
    }
    this.writer.commit((error) => {
      if (!error) answer(outcome);
      else {
        const kind = error instanceof WriteRefusedError ? 'refused' : 'uncertain';
        answer({ kind, reason: error.message });
      }
    });
  }

  /** Begins a new log file, so that the current one can be compacted. */
  beginNewSegment(): Promise<void> {
    return this.writer.roll();
  }

  /** Resolves when everything appended so far has been answered. */
  flushed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.pendingBytes() === 0) resolve();
      else this.writer.commit(() => resolve());
    });
  }

  /** Answers the waiting appends, and writes the index so that the next start has nothing to replay. */
  async close(): Promise<void> {
    await this.writer.close();
    this.markAndIndex();
    this.closed = true;
    await this.index.close(this.log.durableEnd);
    this.headMark.close(this.log.durableEnd);
    for (const segment of this.log.segments) closeSegment(segment);
  }
}

/** Closes the files of the index if the log can't be opened. */
function releasingOnError<T>(index: StreamIndex, open: () => T): T {
  try {
    return open();
  } catch (error) {
    index.release();
    throw error;
  }
}
