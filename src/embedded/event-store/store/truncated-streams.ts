import type { TruncationMark } from './truncation-mark.js';

/** Truncated streams that are remembered by name between two passes; with more, a pass reads every file. */
const TRUNCATED_NAMES_MAX = 10_000;

/** The streams whose events were hidden, by name, until a compaction pass removes the events from disk. */
export interface TruncatedStreams {
  /** Notes the streams whose events were hidden by an append; `end` is the position where the append ends. */
  note(end: number, streams: readonly { readonly name: string }[]): void;
  /** Marks the noted truncations on disk once the log is durable up to their ends. */
  settle(durableEnd: number): void;
  /** The streams whose events were hidden durably since the last call; undefined for too many to name. */
  take(): ReadonlySet<string> | undefined;
}

export function createTruncatedStreams(mark: TruncationMark): TruncatedStreams {
  /** End of the newest append that hid events and isn't marked yet. */
  let notedUpTo: number | undefined;
  /** Streams with events that were hidden by appends that aren't marked yet. */
  const noted = new Set<string>();
  /** Streams with events that were hidden since the last pass; undefined for too many to name. */
  let marked: Set<string> | undefined = new Set();
  return {
    note(end, streams) {
      notedUpTo = end;
      for (const { name } of streams) noted.add(name);
    },
    settle(durableEnd) {
      if (notedUpTo === undefined || notedUpTo > durableEnd) return;
      notedUpTo = undefined;
      for (const name of noted) marked?.add(name);
      noted.clear();
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
