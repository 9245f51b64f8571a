import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { LIMITS } from '../limits.js';
import type { HubRead } from './hub-read.js';

export type FailureRow = Selectable<HubTables['failures']>;
export type FailureGroupRow = Selectable<HubTables['failure_groups']>;

export interface FailureFilter {
  readonly reason?: string | undefined;
  readonly type?: string | undefined;
}

/** Place in the stream: position and ordinal of the last entry seen. */
export interface FailureCursor {
  readonly position: number;
  readonly ordinal: number;
}

/** The failure stream by reason code and type, the latest first; maintained by the projection, not counted here. */
export async function failureGroups(db: HubRead): Promise<readonly FailureGroupRow[]> {
  return db
    .selectFrom('failure_groups')
    .selectAll()
    .orderBy('last_at', 'desc')
    .orderBy('reason_code')
    .limit(LIMITS.failureGroupsShown)
    .execute();
}

/** One page of the failure stream, newest first. */
export async function listFailures(
  db: HubRead,
  filter: FailureFilter,
  before: FailureCursor | undefined,
): Promise<{ readonly rows: readonly FailureRow[]; readonly hasMore: boolean }> {
  let query = db
    .selectFrom('failures')
    .selectAll()
    .orderBy('position', 'desc')
    .orderBy('ordinal', 'desc')
    .limit(LIMITS.failuresPerPage + 1);
  if (filter.reason) query = query.where('reason_code', '=', filter.reason);
  if (filter.type) query = query.where('run_type', '=', filter.type);
  if (before) {
    query = query.where((where) =>
      where(where.refTuple('position', 'ordinal'), '<', where.tuple(before.position, before.ordinal)),
    );
  }
  const rows = await query.execute();
  return {
    rows: rows.slice(0, LIMITS.failuresPerPage),
    hasMore: rows.length > LIMITS.failuresPerPage,
  };
}

/** Failures newer than a position, counted to a bound. */
export async function countNewFailures(db: HubRead, filter: FailureFilter, after: number): Promise<number> {
  let query = db
    .selectFrom('failures')
    .select('position')
    .where('position', '>', after)
    .limit(LIMITS.newRowsCounted + 1);
  if (filter.reason) query = query.where('reason_code', '=', filter.reason);
  if (filter.type) query = query.where('run_type', '=', filter.type);
  return (await query.execute()).length;
}
