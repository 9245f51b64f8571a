import { isDeepStrictEqual } from 'node:util';
import { type Clock, systemClock } from '../../../../src/clock.js';
import { DEFAULT_LIMITS, type EventStoreLimits } from '../../../../src/embedded/event-store/limits.js';
import { silentLogger } from '../../../../src/embedded/event-store/logger.js';
import type { AppendOutcome } from '../../../../src/embedded/event-store/store/append-outcome.js';
import { runCompactionPass } from '../../../../src/embedded/event-store/store/compaction-pass.js';
import { EventStore } from '../../../../src/embedded/event-store/store/event-store.js';
import { createSeededChance, type SeededChance } from '../../../support/seeded-chance.js';
import { type DiskOperation, type DiskRecording, recordDisk } from './recorded-disk.js';
import {
  ANY,
  CREATED_MS,
  type ModelAnswer,
  type NewEvent,
  NO_STREAM,
  recordOf,
  STREAM_EXISTS,
  StoreModel,
} from './store-model.js';

/** What was certain at one moment of the recording. */
export type HistoryNote =
  /** From now on the log may contain these events; the first `certain` of them it must contain. */
  | { readonly kind: 'may-hold'; readonly model: StoreModel; readonly after: 'attempt' | 'refusal' }
  /** The log contains everything before this position, because an answer confirmed it. */
  | { readonly kind: 'holds'; readonly end: number }
  /** The events at these positions may be removed from disk. */
  | { readonly kind: 'may-lose'; readonly positions: readonly number[] };

export interface CrashHistory {
  readonly operations: readonly DiskOperation<HistoryNote>[];
  readonly limits: EventStoreLimits;
  /** Answers that differed from the model's. */
  readonly problems: readonly string[];
}

export const crashClock: Clock = { ...systemClock, now: () => CREATED_MS };
const STREAMS = ['a', 'b', 'c', 'd'];
const STEPS = 8;
const never = new AbortController().signal;

/** Limits that are so small that a few appends exceed each of them. */
export const crashLimits = (chance: SeededChance): EventStoreLimits => ({
  ...DEFAULT_LIMITS,
  preallocatedBytes: chance.pick([0, 700, 5_000]),
  segmentBytes: 500 + chance.below(2_000),
  indexedInMemoryMax: 1 + chance.below(8),
  recentIdsMax: 1_000,
  recentIdsBytes: chance.pick([0, 300, DEFAULT_LIMITS.recentIdsBytes]),
});

/** Whether a store of these limits knows every id again after it was opened. */
export const knowsAllIds = ({ recentIdsBytes }: EventStoreLimits): boolean =>
  recentIdsBytes === DEFAULT_LIMITS.recentIdsBytes;

/**
 * Runs a store through a short history with every kind of operation and failure, and records every change of its
 * files. The same seed gives the same history.
 */
export async function liveCrashHistory(seed: number, folder: string): Promise<CrashHistory> {
  const chance = createSeededChance(seed);
  const limits = crashLimits(chance);
  const disk = recordDisk<HistoryNote>(folder);
  try {
    const life = new StoreLife(folder, limits, disk, chance);
    for (let step = 0; step < STEPS; step++) await life.step();
    await life.end();
    return { operations: disk.operations, limits, problems: life.problems };
  } finally {
    disk.stop();
  }
}

/** An append or a delete as it was sent. */
interface SentAppend {
  readonly name: string;
  readonly expected: number;
  readonly added: readonly NewEvent[];
  readonly deletes: 'for good' | 'for now' | false;
}

class StoreLife {
  readonly problems: string[] = [];
  private model = new StoreModel([]);
  private store: EventStore;
  private readonly mayLose = new Set<number>();
  private eventCount = 0;
  /** Whether the truncation that fails is the one after a failed write, so that the answer is surely not a refusal. */
  private cutFailsAfterWrite = false;
  /** The first append of the present step that wrote events. */
  private firstWritten: SentAppend | undefined;

  constructor(
    private readonly folder: string,
    private readonly limits: EventStoreLimits,
    private readonly disk: DiskRecording<HistoryNote>,
    private readonly chance: SeededChance,
  ) {
    disk.note({ kind: 'may-hold', model: this.model, after: 'refusal' });
    this.store = this.open();
  }

  private open(): EventStore {
    const { limits, folder: dataDir, disk } = this;
    return EventStore.open({
      dataDir,
      limits,
      logger: silentLogger,
      clock: crashClock,
      write: disk.write,
    });
  }

  async step(): Promise<void> {
    const { chance } = this;
    const what = chance.fraction();
    if (what < 0.7) await this.changes();
    else if (what < 0.8) await this.compact();
    else if (what < 0.85) await this.store.beginNewSegment();
    else if (what < 0.88) await this.failToBeginSegment();
    else if (what < 0.94) await this.changes({ fails: true });
    else {
      await this.store.close();
      this.store = this.open();
    }
  }

  end(): Promise<void> {
    return this.store.close();
  }

  private async compact(): Promise<void> {
    const positions = this.model.garbage().map(({ position }) => position);
    for (const position of positions) this.mayLose.add(position);
    this.disk.note({ kind: 'may-lose', positions });
    await runCompactionPass(this.store, {
      logger: silentLogger,
      streams: this.chance.fraction() < 0.5 ? this.store.takeTruncated() : undefined,
      nowMs: CREATED_MS,
      shareMin: this.chance.pick([0, 0, 0.3]),
      pause: async () => undefined,
      attempt: async (work) => {
        await work();
        return true;
      },
      signal: never,
    });
  }

  /** A new file is created, but its folder can't be synced, so the log may not go on in either file yet. */
  private async failToBeginSegment(): Promise<void> {
    this.disk.failNextFolderSync();
    await this.store.beginNewSegment();
    this.disk.failNextFolderSync(false);
  }

  /**
   * Several changes at the same time, some of them sent while others are being written. All of them may be refused.
   */
  private async changes({ fails = false } = {}): Promise<void> {
    const { chance, disk } = this;
    const before = this.model;
    const answers: Promise<void>[] = [];
    const make = (count: number) => {
      for (let i = 0; i < count; i++) answers.push(this.change(failure));
      disk.note({ kind: 'may-hold', model: this.model, after: 'attempt' });
    };
    const failure = fails ? chance.pick(['refused', 'refused', 'uncertain'] as const) : undefined;
    if (failure) disk.failNextWrite(chance.below(chance.pick([400, 2_000])));
    this.cutFailsAfterWrite = chance.fraction() < 0.5;
    if (failure === 'uncertain')
      disk.failNextTruncation(this.cutFailsAfterWrite ? 'after a failed write' : 'now');
    this.firstWritten = undefined;
    const meanwhile = chance.below(3);
    disk.duringNextWrite(() => make(meanwhile));
    make(1 + chance.below(3));
    await Promise.all(answers);
    disk.duringNextWrite(() => undefined);
    disk.failNextWrite(undefined);
    disk.failNextTruncation('never');
    if (this.model === before) return;
    if (!failure) {
      // All that was sent is on disk, and everything that was refused before has left it.
      disk.note({ kind: 'may-hold', model: this.model, after: 'refusal' });
      return;
    }
    this.model = before;
    // If the file could not be truncated either, the refused events may reappear.
    disk.note({ kind: 'may-hold', model: before, after: failure === 'refused' ? 'refusal' : 'attempt' });
    if (failure === 'uncertain' && this.firstWritten && chance.fraction() < 0.7)
      await this.repeat(this.firstWritten);
  }

  /** Sends an append again of which it is not known whether it was kept; only it must be there then. */
  private async repeat(append: SentAppend): Promise<void> {
    const answer = this.send(append, undefined);
    this.disk.note({ kind: 'may-hold', model: this.model, after: 'attempt' });
    await answer;
    this.disk.note({ kind: 'may-hold', model: this.model, after: 'refusal' });
  }

  /** One append or delete. Resolves when it is answered. */
  private change(failure: 'refused' | 'uncertain' | undefined): Promise<void> {
    const { chance } = this;
    const stream = chance.pick(STREAMS);
    const name = chance.fraction() < 0.15 ? `$$${stream}` : stream;
    const kind = chance.fraction();
    const expected = this.expectation(name);
    const deletes = name === stream && kind < 0.15;
    const added = deletes ? [] : this.eventsFor(name);
    return this.send(
      { name, expected, added, deletes: deletes && (kind < 0.03 ? 'for good' : 'for now') },
      failure,
    );
  }

  /** Sends an append or a delete, and compares its answer with the model's. */
  private send(change: SentAppend, failure: 'refused' | 'uncertain' | undefined): Promise<void> {
    const { store } = this;
    const { name, expected, added, deletes } = change;
    const forGood = deletes === 'for good';
    const wasPending = store.pendingBytes() > 0;
    const end = () => store.log.tail.end();
    return new Promise((resolve) => {
      const [model, answer] = deletes
        ? this.model.delete(name, expected, forGood)
        : this.model.append(name, expected, added);
      const written = model !== this.model;
      if (written && !deletes) this.firstWritten ??= change;
      this.model = model;
      let decidedAt = 0;
      const check = (outcome: AppendOutcome) => {
        const failed = wasPending || written ? failure : undefined;
        const said = `${deletes ? 'delete' : `append ${added.length}`} ${name}@${expected}`;
        this.compare(said, failed ?? answer, outcome);
        if (!failed) this.disk.note({ kind: 'holds', end: decidedAt });
        resolve();
      };
      if (deletes) {
        const pending = (outcome: AppendOutcome) => check(outcome);
        decidedAt = end();
        store.delete(name, expected, forGood, pending);
      } else store.append(name, expected, added.map(recordOf), check);
      decidedAt = end();
    });
  }

  private compare(said: string, expected: ModelAnswer | string, outcome: AppendOutcome): void {
    const right =
      typeof expected === 'string'
        ? // Where only the cut of an earlier failure failed, nothing of this append was written.
          outcome.kind === expected || (outcome.kind === 'refused' && !this.cutFailsAfterWrite)
        : isDeepStrictEqual({ ...outcome }, { ...expected });
    if (!right) this.problems.push(`${said}: ${JSON.stringify(outcome)}, not ${JSON.stringify(expected)}`);
  }

  private expectation(name: string): number {
    const { chance } = this;
    const last = this.model.last(name);
    const kind = chance.fraction();
    if (kind < 0.6) return last > 1e9 ? ANY : last;
    if (kind < 0.75) return ANY;
    if (kind < 0.82) return STREAM_EXISTS;
    if (kind < 0.9) return NO_STREAM;
    return chance.below(4);
  }

  private eventsFor(name: string): NewEvent[] {
    const { chance } = this;
    if (name.startsWith('$$')) {
      const metadata = chance.pick([
        { $tb: chance.below(5) },
        { $maxCount: 1 + chance.below(3) },
        { purpose: 'x' },
        {},
      ]);
      return [{ id: chance.uuid(), type: '$metadata', data: JSON.stringify(metadata) }];
    }
    // A repeated event that was removed from disk is not recognised.
    const earlier = this.model
      .stream(name)
      .filter(({ id, position }) => id !== undefined && !this.mayLose.has(position));
    if (knowsAllIds(this.limits) && earlier.length > 0 && chance.fraction() < 0.1) {
      // A repetition of an earlier append, complete or in part.
      const from = chance.below(earlier.length);
      return earlier.slice(from, from + 1 + chance.below(3));
    }
    return Array.from({ length: 1 + chance.below(4) }, () => {
      this.eventCount += 1;
      // Now and then an event is longer than two sectors of a disk.
      const length = chance.fraction() < 0.1 ? 1_000 + chance.below(1_000) : chance.below(80);
      const data = JSON.stringify({ n: this.eventCount, text: 'x'.repeat(length) });
      return { id: chance.uuid(), type: 'Happened', data };
    });
  }
}
