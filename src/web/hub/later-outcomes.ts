import { type ExpressionBuilder, sql } from 'kysely';
import { parseRunId } from '../../runs/run-streams.js';
import { LIMITS } from '../limits.js';
import type { HubDatabase } from '../web-dependencies.js';
import type { FailureRow } from './failure-stream.js';
import type { HubRead } from './hub-read.js';

/** The result when a failed item, or the operation of a failed run, was last carried out again. */
export interface LaterOutcome {
  readonly succeeded: boolean;
  readonly runId: string;
  /** The number of the later run in the hub. */
  readonly number: number;
}

/** The fields of a failure that are needed to find a later outcome. */
export type Failed = Pick<FailureRow, 'position' | 'ordinal' | 'run_id' | 'run_type' | 'item_id'>;

/** The key of a failure, unique in its tenant. */
export const failureKey = ({ position, ordinal }: Pick<Failed, 'position' | 'ordinal'>): string =>
  `${position}.${ordinal}`;

/**
 * The later outcomes of failures, by `failureKey`; failures without one are left out. For a failed item it comes from
 * the newest run of the same type that succeeded or failed with the same item; for a failed run, from the newest ended
 * run of the same operation key. Only the newest runs of a type are searched, which limits the work for a page.
 */
export async function laterOutcomes(
  db: HubRead,
  failures: readonly Failed[],
): Promise<ReadonlyMap<string, LaterOutcome>> {
  const items = failures.filter(({ item_id }) => item_id !== null);
  const runs = failures.filter(({ item_id }) => item_id === null);
  const later = [...(await laterItems(db, items)), ...(await laterRuns(db, runs))];
  return new Map(later.map(({ key, ...outcome }) => [key, outcome]));
}

type KeyedOutcome = LaterOutcome & { readonly key: string };

interface Asked {
  readonly key: string;
  readonly position: number;
  readonly run_type: string;
  readonly subject: string;
}

/** The failures as a table that a query can join. */
const asked = (failures: readonly Failed[]) =>
  sql<Asked>`unnest(
    ${failures.map(failureKey)}::text[],
    ${failures.map(({ position }) => position)}::bigint[],
    ${failures.map(({ run_type }) => run_type)}::text[],
    ${failures.map(({ item_id, run_id }) => item_id ?? parseRunId(run_id)?.key ?? '')}::text[]
  )`.as<'asked'>(sql`asked(key, position, run_type, subject)`);

/** The newest runs of a failure's type that were queued after it. */
const newestLaterRuns = (failure: ExpressionBuilder<HubDatabase & { asked: Asked }, 'asked'>) =>
  failure
    .selectFrom('runs')
    .select(['tenant_id', 'run_id', 'queued_position', 'bucket'])
    .whereRef('type', '=', 'asked.run_type')
    .whereRef('queued_position', '>', 'asked.position')
    .orderBy('queued_position', 'desc')
    .limit(LIMITS.laterRunsLookedAt)
    .as('newest');

async function laterItems(db: HubRead, failures: readonly Failed[]): Promise<readonly KeyedOutcome[]> {
  if (failures.length === 0) return [];
  return db
    .selectFrom(asked(failures))
    .innerJoinLateral(
      (from) =>
        from
          .selectFrom(newestLaterRuns)
          .innerJoin('run_items', (join) =>
            join
              .onRef('run_items.tenant_id', '=', 'newest.tenant_id')
              .onRef('run_items.run_id', '=', 'newest.run_id')
              .onRef('run_items.item_id', '=', 'asked.subject'),
          )
          .select(['newest.run_id', 'newest.queued_position', 'run_items.outcome'])
          .where('run_items.outcome', '<>', 'skipped')
          .orderBy('newest.queued_position', 'desc')
          .limit(1)
          .as('later'),
      (join) => join.onTrue(),
    )
    .select((select) => [
      'asked.key',
      'later.run_id as runId',
      'later.queued_position as number',
      select('later.outcome', '=', 'succeeded').as('succeeded'),
    ])
    .$castTo<KeyedOutcome>()
    .execute();
}

async function laterRuns(db: HubRead, failures: readonly Failed[]): Promise<readonly KeyedOutcome[]> {
  if (failures.length === 0) return [];
  return db
    .selectFrom(asked(failures))
    .innerJoinLateral(
      (from) =>
        from
          .selectFrom(newestLaterRuns)
          .select(['newest.run_id', 'newest.queued_position', 'newest.bucket'])
          .where(sql`split_part(newest.run_id, '-', 1)`, '=', sql.ref('asked.subject'))
          .where('newest.bucket', 'in', ['succeeded', 'partially_succeeded', 'failed'])
          .orderBy('newest.queued_position', 'desc')
          .limit(1)
          .as('later'),
      (join) => join.onTrue(),
    )
    .select((select) => [
      'asked.key',
      'later.run_id as runId',
      'later.queued_position as number',
      select('later.bucket', '<>', 'failed').as('succeeded'),
    ])
    .$castTo<KeyedOutcome>()
    .execute();
}
