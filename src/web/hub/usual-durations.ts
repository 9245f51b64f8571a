import { sql } from 'kysely';
import { TOOK_MS } from '../../../projections/hub/models/runs.js';
import { LIMITS } from '../limits.js';
import type { HubRead } from './hub-read.js';

/** How long runs of a type usually take, from the newest ones that succeeded, at least partially. Milliseconds. */
export interface UsualDuration {
  /** The number of runs that it is calculated from. */
  readonly runs: number;
  readonly medianMs: number;
  /** What 95 % of them took at most. */
  readonly mostMs: number;
}

/** A type with fewer runs has no usual duration. */
const RUNS_NEEDED = 20;

/**
 * The usual durations of types, without those that have too few runs. `before` is a run's number: only older runs
 * count.
 */
export async function usualDurations(
  db: HubRead,
  types: readonly string[],
  before = Number.MAX_SAFE_INTEGER,
): Promise<ReadonlyMap<string, UsualDuration>> {
  if (types.length === 0) return new Map();
  const rows = await db
    .selectFrom(sql<{ type: string }>`unnest(${[...types]}::text[])`.as<'asked'>(sql`asked(type)`))
    .innerJoinLateral(
      (newest) =>
        newest
          .selectFrom('runs')
          .select(['bucket', sql<number | null>`${sql.raw(TOOK_MS)}`.as('took')])
          .whereRef('runs.type', '=', 'asked.type')
          .where('queued_position', '<', before)
          .orderBy('queued_position', 'desc')
          .limit(LIMITS.usualRunsRead)
          .as('newest'),
      (join) => join.onTrue(),
    )
    .where('bucket', 'in', ['succeeded', 'partially_succeeded'])
    .groupBy('asked.type')
    .select((select) => [
      'asked.type',
      select.fn.countAll<number>().as('runs'),
      sql<number>`percentile_disc(0.5) within group (order by took)`.as('medianMs'),
      sql<number>`percentile_disc(0.95) within group (order by took)`.as('mostMs'),
    ])
    .execute();
  return new Map(
    rows
      .map(({ type, runs, medianMs, mostMs }) => ({
        type,
        runs: Number(runs),
        medianMs: Number(medianMs),
        mostMs: Number(mostMs),
      }))
      .filter(({ runs }) => runs >= RUNS_NEEDED)
      .map(({ type, ...usual }) => [type, usual]),
  );
}
