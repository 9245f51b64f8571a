import { count } from '../../wording/number-words.js';

/** How many of its sets a schedule keeps, and for how long. */
export interface Retention {
  readonly keep: number;
  readonly days?: number | undefined;
}

/** A set that a schedule made and that has not expired. */
export interface MadeSet {
  readonly setId: string;
  /** The newest run for its due time. */
  readonly runId: string;
  /** The due time that it was made for, milliseconds since 1970. */
  readonly dueAt: number;
  /** Whether its run ended without a failed policy and with at least one in the set. */
  readonly complete: boolean;
}

const DAY_MS = 24 * 3_600_000;

/**
 * The sets that a schedule's retention expires unless a run uses them, with the reason. Only complete sets are counted,
 * so that failed backups don't displace good ones, and the newest complete set always stays, however old it is.
 */
export function setsToExpire(
  sets: readonly MadeSet[],
  { keep, days }: Retention,
  now: number,
): readonly { readonly set: MadeSet; readonly reason: string }[] {
  const complete = sets.filter((set) => set.complete).sort((one, other) => other.dueAt - one.dueAt);
  const [newest] = complete;
  const oldestKept = complete[keep - 1];
  if (!newest) return [];
  return sets.flatMap((set) => {
    if (set.dueAt >= newest.dueAt) return [];
    if (oldestKept && set.dueAt < oldestKept.dueAt)
      return { set, reason: `Its schedule keeps ${count(keep, 'complete set', 'complete sets')}.` };
    if (days !== undefined && now - set.dueAt > days * DAY_MS)
      return { set, reason: `Its schedule keeps sets for ${count(days, 'day', 'days')}.` };
    return [];
  });
}
