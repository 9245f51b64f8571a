import { HistoryChangedError } from '../event-log.js';
import type { PlacedEvent } from './read-one.js';

/** Checks that the store still holds the history that it held before. */
export interface HistoryWatch {
  /** Notes the position of an event that a subscription has delivered or an append has written. */
  saw(position: number): void;
  /**
   * Reads the last event of the log, compares with everything seen before, and returns it. Errors: HistoryChangedError;
   * those of the reads.
   */
  check(reads: HistoryReads): Promise<PlacedEvent | undefined>;
  /** The newest event that a check has found, or the one that was known at the beginning. */
  newest(): PlacedEvent | undefined;
}

/** Reads over one connection. */
export interface HistoryReads {
  readonly readLast: () => Promise<PlacedEvent | undefined>;
  /**
   * Reads the first event at a place or after it; `no-event-begins-here` when the store says that none begins there.
   */
  readonly readAt: (place: PlacedEvent) => Promise<PlacedEvent | undefined | 'no-event-begins-here'>;
}

/** Repeated checks before a difference counts, because one member of a cluster may lag behind another for a moment. */
const CONFIRMATIONS = 6;
const BETWEEN_CONFIRMATIONS_MS = 250;

/** `remembered`: an event that the log had when it was last checked, possibly by another process. */
export function createHistoryWatch(
  sleep: (ms: number) => Promise<void>,
  remembered?: PlacedEvent,
): HistoryWatch {
  /** The last event of the log when it was checked. */
  let known = remembered;
  /** The last position that was noted, which may be beyond `known`. */
  let noted = -1;

  async function difference(
    reads: HistoryReads,
  ): Promise<{ last: PlacedEvent | undefined; found: string | undefined }> {
    // Taken before the read, because events are noted during it.
    const reached = Math.max(noted, known?.commit ?? -1);
    const before = known;
    const last = await reads.readLast();
    if ((last?.commit ?? -1) < reached) {
      const end = last?.commit ?? 'its beginning';
      return { last, found: `it reached to position ${reached} and now ends at ${end}` };
    }
    return { last, found: before && last && (await changeAt(before, last, reads)) };
  }

  async function changeAt(
    before: PlacedEvent,
    last: PlacedEvent,
    { readAt }: HistoryReads,
  ): Promise<string | undefined> {
    const there = last.commit === before.commit ? last : await readAt(before);
    if (there === 'no-event-begins-here') return `no event lies at position ${before.commit} any more`;
    // If the event was truncated since, the store returns the next one, and the two can't be compared.
    if (there?.commit === before.commit && there.id !== before.id)
      return `another event lies at position ${before.commit}`;
    return undefined;
  }

  return {
    saw(position) {
      noted = Math.max(noted, position);
    },
    async check(reads) {
      for (let confirmations = 0; ; confirmations++) {
        const { last, found } = await difference(reads);
        if (found === undefined) {
          if (last && last.commit > (known?.commit ?? -1)) known = last;
          return last;
        }
        if (confirmations === CONFIRMATIONS) throw new HistoryChangedError(found);
        await sleep(BETWEEN_CONFIRMATIONS_MS);
      }
    },
    newest: () => known,
  };
}
