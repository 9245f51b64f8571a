import { HistoryChangedError } from '../event-log.js';
import type { PlacedEvent } from './read-one.js';

/** Checks that the store still holds the history that it held before. */
export interface HistoryWatch {
  /** Compares with the last event of the log, which was just read. Errors: HistoryChangedError; those of `reread`. */
  check(last: PlacedEvent | undefined): Promise<void>;
}

export interface HistoryWatchOptions {
  /** Reads the last event of the log again. */
  readonly readLast: () => Promise<PlacedEvent | undefined>;
  /**
   * Reads the first event at a place or after it; `no-event-begins-here` when the store says that none begins there.
   */
  readonly readAt: (place: PlacedEvent) => Promise<PlacedEvent | undefined | 'no-event-begins-here'>;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Repeated checks before a difference counts, because one member of a cluster may lag behind another for a moment. */
const CONFIRMATIONS = 4;
const BETWEEN_CONFIRMATIONS_MS = 250;

export function createHistoryWatch({ readLast, readAt, sleep }: HistoryWatchOptions): HistoryWatch {
  let known: PlacedEvent | undefined;

  async function difference(last: PlacedEvent | undefined): Promise<string | undefined> {
    if (!known) return undefined;
    if (!last || last.commit < known.commit)
      return `it reached to position ${known.commit} and now ends at ${last?.commit ?? 'its beginning'}`;
    const there = last.commit === known.commit ? last : await readAt(known);
    if (there === 'no-event-begins-here') return `no event lies at position ${known.commit} any more`;
    // If the event was truncated since, the store returns the next one, and the two can't be compared.
    if (there?.commit === known.commit && there.id !== known.id)
      return `another event lies at position ${known.commit}`;
    return undefined;
  }

  return {
    async check(last) {
      let newest = last;
      let found = await difference(newest);
      for (let i = 0; found !== undefined && i < CONFIRMATIONS; i++) {
        await sleep(BETWEEN_CONFIRMATIONS_MS);
        newest = await readLast();
        found = await difference(newest);
      }
      if (found !== undefined) throw new HistoryChangedError(found);
      known = newest;
    },
  };
}
