import type { TruncationMark } from './truncation-mark.js';

/** Truncated streams that are remembered by name between two passes; with more, a pass reads every file. */
const TRUNCATED_NAMES_MAX = 10_000;

/** The streams whose events were hidden, by name, until a compaction pass removes the events from disk. */
export interface TruncatedStreams {
  /** Notes the streams whose events were hidden by an append; `end` is the position where the append ends. */
  note(end: number, streams: readonly { readonly name: string }[]): void;
  /** Marks the noted truncations up to whose ends the log is durable. */
  settle(durableEnd: number): void;
  /** The streams whose events were hidden durably since the last call; undefined for too many to name. */
  take(): ReadonlySet<string> | undefined;
}

export function createTruncatedStreams(mark: TruncationMark): TruncatedStreams {
  /** Appends that hid events and aren't marked yet, oldest first. */
  let noted: { readonly end: number; readonly streams: readonly { readonly name: string }[] }[] = [];
  /** Streams with events that were hidden since the last pass; undefined for too many to name. */
  let marked: Set<string> | undefined = new Set();
  return {
    note(end, streams) {
      noted.push({ end, streams });
    },
    settle(durableEnd) {
      const durable = noted.filter(({ end }) => end <= durableEnd);
      if (durable.length === 0) return;
      noted = noted.filter(({ end }) => end > durableEnd);
      for (const { streams } of durable) for (const { name } of streams) marked?.add(name);
      if (marked && marked.size > TRUNCATED_NAMES_MAX) marked = undefined;
      mark.set();
    },
    take() {
      const taken = marked;
      marked = new Set();
      return taken;
    },
  };
}
