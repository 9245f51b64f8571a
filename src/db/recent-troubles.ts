import type { Clock } from '../clock.js';
import type { DatabaseTrouble } from './database-trouble.js';

/** What statements of any pool met lately, for whoever tells the state of the database. */
export interface RecentTroubles {
  note(trouble: DatabaseTrouble): void;
  /** The newest that was met in the last seconds and that a question for the state wouldn't meet itself. */
  latest(): DatabaseTrouble | undefined;
}

const RECENT_MS = 5_000;
/** Whoever only reads, or holds a connection already, doesn't meet these. */
const MET_BY_OTHERS: readonly DatabaseTrouble[] = ['disk-full', 'connections-taken', 'read-only'];

export function createRecentTroubles(clock: Clock): RecentTroubles {
  let newest: { readonly trouble: DatabaseTrouble; readonly atMs: number } | undefined;
  return {
    note(trouble) {
      if (MET_BY_OTHERS.includes(trouble)) newest = { trouble, atMs: clock.monotonicMs() };
    },
    latest: () => (newest && clock.monotonicMs() - newest.atMs < RECENT_MS ? newest.trouble : undefined),
  };
}
