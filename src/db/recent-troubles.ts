import type { Clock } from '../clock.js';
import type { DatabaseTrouble } from './database-trouble.js';

/** The trouble that statements of any pool met recently, for the state of the database. */
export interface RecentTroubles {
  note(trouble: DatabaseTrouble): void;
  /** The newest trouble of the last seconds that the check of the database itself can't meet. */
  latest(): DatabaseTrouble | undefined;
}

const RECENT_MS = 5_000;
/** A check that only reads over an open connection doesn't meet these. */
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
