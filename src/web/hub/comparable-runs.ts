import { sql } from 'kysely';
import { parseRunId } from '../../runs/run-streams.js';
import { LIMITS } from '../limits.js';
import type { HubRead } from './hub-read.js';
import type { RunRow } from './run-order.js';

/** Runs of the same type that the run can be compared with, newest first. */
export async function comparableRuns(db: HubRead, run: RunRow): Promise<readonly RunRow[]> {
  return db
    .selectFrom('runs')
    .selectAll('runs')
    .where('type', '=', run.type)
    .where('run_id', '<>', run.run_id)
    .orderBy('queued_position', 'desc')
    .limit(LIMITS.comparableShown)
    .execute();
}

/** Whether two runs were started with the same type and scope, such as two inventories of the same selection. */
export const isSameOperation = (one: Pick<RunRow, 'run_id'>, other: Pick<RunRow, 'run_id'>): boolean =>
  parseRunId(one.run_id)?.key === parseRunId(other.run_id)?.key;

/** The best run to compare a run with: the one before it of the same operation, or else of the same type. */
export async function runBefore(db: HubRead, run: RunRow): Promise<RunRow | undefined> {
  const earlier = db
    .selectFrom('runs')
    .selectAll('runs')
    .where('type', '=', run.type)
    .where('queued_position', '<', run.queued_position)
    .orderBy('queued_position', 'desc')
    .limit(LIMITS.comparableShown)
    .as('earlier');
  return db
    .selectFrom(earlier)
    .selectAll('earlier')
    .orderBy(sql`split_part(run_id, '-', 1) = split_part(${run.run_id}, '-', 1)`, 'desc')
    .orderBy('queued_position', 'desc')
    .limit(1)
    .executeTakeFirst();
}
