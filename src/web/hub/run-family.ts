import type { RawBuilder } from 'kysely';
import { LIMITS } from '../limits.js';
import type { HubRead } from './hub-read.js';
import type { RunRow } from './run-order.js';

/** A run that led to a run or came from it. */
export interface FamilyMember {
  readonly run: RunRow;
  /** 0 for the run that all others come from. */
  readonly depth: number;
  /** The relation to the run that caused it, such as `started_again`; null for the first run. */
  readonly relation: string | null;
}

export interface RunFamily {
  /** Each run stands after the run that caused it. */
  readonly members: readonly FamilyMember[];
  /** Whether there are more runs than are shown. */
  readonly hasMore: boolean;
}

/**
 * The first cause of a run and all runs that came from it. `mayRead` is the condition for the runs that the reader may
 * open; other runs are left out.
 */
export async function runFamily(db: HubRead, run: RunRow, mayRead: RawBuilder<boolean>): Promise<RunFamily> {
  const rootId = await firstCause(db, run);
  const rows = await db
    .withRecursive('family(run_id, depth)', (cte) =>
      cte
        .selectFrom('runs')
        .select((select) => ['run_id', select.lit(0).as('depth')])
        .where('run_id', '=', rootId)
        .unionAll((union) =>
          union
            .selectFrom('family')
            .innerJoin('runs', 'runs.caused_by_run_id', 'family.run_id')
            .select((select) => ['runs.run_id', select('family.depth', '+', select.lit(1)).as('depth')])
            .where('family.depth', '<', LIMITS.causesFollowed),
        ),
    )
    .selectFrom('family')
    .innerJoin('runs', 'runs.run_id', 'family.run_id')
    .leftJoin('run_links', (join) =>
      join.onRef('run_links.run_id', '=', 'runs.run_id').on('run_links.relation', '=', 'caused_by'),
    )
    .selectAll('runs')
    .select('run_links.label as how')
    .where(mayRead)
    .orderBy('family.depth')
    .orderBy('runs.queued_position')
    .limit(LIMITS.familyShown + 1)
    .execute();
  const shown = rows.slice(0, LIMITS.familyShown);
  return { members: inOrderOfCause(shown), hasMore: rows.length > shown.length };
}

/** The run at the beginning of a chain of causes, as far as the read models have its runs. */
async function firstCause(db: HubRead, run: RunRow): Promise<string> {
  const first = await db
    .withRecursive('causes(run_id, cause_id, depth)', (cte) =>
      cte
        .selectFrom('runs')
        .select((select) => ['run_id', 'caused_by_run_id as cause_id', select.lit(0).as('depth')])
        .where('run_id', '=', run.run_id)
        .unionAll((union) =>
          union
            .selectFrom('causes')
            .innerJoin('runs', 'runs.run_id', 'causes.cause_id')
            .select((select) => [
              'runs.run_id',
              'runs.caused_by_run_id as cause_id',
              select('causes.depth', '+', select.lit(1)).as('depth'),
            ])
            .where('causes.depth', '<', LIMITS.causesFollowed),
        ),
    )
    .selectFrom('causes')
    .select('run_id')
    .orderBy('depth', 'desc')
    .limit(1)
    .executeTakeFirst();
  return first?.run_id ?? run.run_id;
}

/** Sorts runs, given by depth, so that each stands after the run that caused it. */
function inOrderOfCause(
  rows: readonly (RunRow & { readonly how: string | null })[],
): readonly FamilyMember[] {
  const ids = new Set(rows.map(({ run_id }) => run_id));
  const children = (of: string | null) =>
    rows.filter(({ caused_by_run_id: cause }) => (cause !== null && ids.has(cause) ? cause : null) === of);
  const below = (of: string | null, depth: number): readonly FamilyMember[] =>
    children(of).flatMap(({ how, ...run }) => [
      { run, depth, relation: run.caused_by_run_id === null ? null : how },
      ...below(run.run_id, depth + 1),
    ]);
  return below(null, 0);
}
