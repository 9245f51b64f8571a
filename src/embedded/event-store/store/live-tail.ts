import type { LogState } from '../storage/log-state.js';
import { recordLength, recordStreamName } from '../storage/record.js';

/** A filter for events of all streams. Sleeping subscriptions with the same filter share one test of each event. */
export interface RecordFilter {
  /** Filters with the same key are equal. */
  readonly key: string;
  readonly matches: (buffer: Buffer, offset: number) => boolean;
  /** Events tested between two checkpoints; undefined for no checkpoints. */
  readonly checkpointInterval: number | undefined;
}

/** What happened while a subscription to all streams slept. */
export interface Awakening {
  /** Every event before this position was tested, and none matched. */
  readonly scannedTo: number;
  /** The number of these events. */
  readonly scanned: number;
}

export interface Sleep<T> {
  readonly until: Promise<T>;
  /** Ends the wait; the promise stays pending. */
  cancel(): void;
}

/**
 * Wakes subscriptions that wait at the end of the log. Each is a position in the log and not a queue, so a sleeping
 * one needs only an entry in a map.
 */
export interface LiveTail {
  /** Reports that the log is on disk from `from` to `to`. */
  advance(from: number, to: number): void;
  /** Waits until an event of this stream is on disk. */
  untilStreamGrows(name: string): Sleep<void>;
  /** Waits until a matching event is on disk or a checkpoint is due. The caller must have read everything on disk. */
  untilMatch(filter: RecordFilter): Sleep<Awakening>;
  readonly sleepers: number;
}

interface Group {
  readonly filter: RecordFilter;
  readonly sleepers: Map<(awakening: Awakening) => void, number>;
  /** Events tested since the group began. */
  total: number;
  scannedTo: number;
  checkpointAt: number;
  timer: NodeJS.Timeout | undefined;
}

/** The shortest time between checkpoints while nothing matches, even when the log grows fast. */
const CHECKPOINT_SPACING_MS = 50;

export function createLiveTail(log: LogState): LiveTail {
  const streams = new Map<string, Set<() => void>>();
  const groups = new Map<string, Group>();
  let sleepers = 0;

  function wakeStreams(from: number, to: number): void {
    for (const slice of log.tail.slices(from, to)) {
      for (let at = 0; at < slice.length; at += recordLength(slice, at)) {
        const name = recordStreamName(slice, at);
        const waiting = streams.get(name);
        if (!waiting) continue;
        streams.delete(name);
        sleepers -= waiting.size;
        for (const wake of waiting) wake();
      }
    }
  }

  function wakeGroup(group: Group): void {
    clearTimeout(group.timer);
    groups.delete(group.filter.key);
    sleepers -= group.sleepers.size;
    for (const [wake, before] of group.sleepers) {
      wake({ scannedTo: group.scannedTo, scanned: group.total - before });
    }
  }

  function advanceGroup(group: Group, slices: readonly Buffer[], to: number): void {
    let scanned = 0;
    for (const slice of slices) {
      for (let at = 0; at < slice.length; at += recordLength(slice, at)) {
        if (group.filter.matches(slice, at)) {
          wakeGroup(group);
          return;
        }
        scanned += 1;
      }
    }
    group.total += scanned;
    group.scannedTo = to;
    if (group.total >= group.checkpointAt) {
      group.timer ??= setTimeout(() => wakeGroup(group), CHECKPOINT_SPACING_MS).unref();
    }
  }

  return {
    get sleepers() {
      return sleepers;
    },
    advance(from, to) {
      if (streams.size > 0) wakeStreams(from, to);
      if (groups.size === 0) return;
      const slices = log.tail.slices(from, to);
      for (const group of [...groups.values()]) advanceGroup(group, slices, to);
    },
    untilStreamGrows(name) {
      const { promise, resolve } = deferred<void>();
      const waiting = streams.get(name) ?? new Set();
      streams.set(name, waiting.add(resolve));
      sleepers += 1;
      return {
        until: promise,
        cancel() {
          if (!waiting.delete(resolve)) return;
          sleepers -= 1;
          if (waiting.size === 0 && streams.get(name) === waiting) streams.delete(name);
        },
      };
    },
    untilMatch(filter) {
      const { promise, resolve } = deferred<Awakening>();
      let group = groups.get(filter.key);
      if (!group) {
        const checkpointAt = filter.checkpointInterval ?? Number.POSITIVE_INFINITY;
        group = {
          filter,
          sleepers: new Map(),
          total: 0,
          scannedTo: log.durableEnd,
          checkpointAt,
          timer: undefined,
        };
        groups.set(filter.key, group);
      }
      const joined = group;
      joined.sleepers.set(resolve, joined.total);
      sleepers += 1;
      return {
        until: promise,
        cancel() {
          if (!joined.sleepers.delete(resolve)) return;
          sleepers -= 1;
          if (joined.sleepers.size > 0 || groups.get(filter.key) !== joined) return;
          clearTimeout(joined.timer);
          groups.delete(filter.key);
        },
      };
    },
  };
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((given) => {
    resolve = given;
  });
  return { promise, resolve };
}
