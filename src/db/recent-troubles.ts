import type { Clock } from '../clock.js';
import type { DatabaseTrouble } from './database-trouble.js';

/** The trouble that statements of any pool had recently, for the state of the database. */
export interface RecentTroubles {
  note(trouble: DatabaseTrouble): void;
  /** The newest trouble of the last seconds that the regular check of the database can't find. */
  latest(): DatabaseTrouble | undefined;
}

const RECENT_MS = 5_000;
/** The regular check only reads, over an open connection, so it can't find these. */
const FOUND_BY_STATEMENTS_ONLY: readonly DatabaseTrouble[] = [
  'disk-full',
  'connections-taken',
  'files-taken',
  'damaged',
  'read-only',
];

export function createRecentTroubles(clock: Clock): RecentTroubles {
  let newest: { readonly trouble: DatabaseTrouble; readonly atMs: number } | undefined;
  return {
    note(trouble) {
      if (FOUND_BY_STATEMENTS_ONLY.includes(trouble)) newest = { trouble, atMs: clock.monotonicMs() };
    },
    latest: () => (newest && clock.monotonicMs() - newest.atMs < RECENT_MS ? newest.trouble : undefined),
  };
}
