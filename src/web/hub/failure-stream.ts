import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { HOUR_MS } from '../../../projections/hub/models/failure-hours.js';
import { LIMITS } from '../limits.js';
import type { HubRead } from './hub-read.js';

export type FailureRow = Selectable<HubTables['failures']>;

export interface FailureFilter {
  readonly reason?: string | undefined;
  readonly type?: string | undefined;
  /** Milliseconds since 1970. Failures that began before are left out. */
  readonly since?: number | undefined;
}

/** A place in the list: first position and reason code of the last entry on the page before. */
export interface FailureCursor {
  readonly position: number;
  readonly reason: string;
}

/** Failures of one type with one reason code. */
export interface FailureGroup {
  readonly reason_code: string;
  readonly run_type: string;
  /** In the requested period. */
  readonly failures: number;
  readonly runs: number;
  /** Of all time. */
  readonly first_at: number;
  readonly last_at: number;
}

/**
 * The failure stream by reason code and type, latest failure first. The projection maintains the counts. With `since`:
 * only groups with failures from that hour on, counted from then.
 */
export async function listFailureGroups(db: HubRead, since?: number): Promise<readonly FailureGroup[]> {
  const shown = db
    .selectFrom('failure_groups')
    .select([
      'failure_groups.reason_code',
      'failure_groups.run_type',
      'failure_groups.first_at',
      'failure_groups.last_at',
    ])
    .orderBy('failure_groups.last_at', 'desc')
    .orderBy('failure_groups.reason_code')
    .limit(LIMITS.failureGroupsShown);
  if (since === undefined) return shown.select(['failure_groups.failures', 'failure_groups.runs']).execute();
  return shown
    .innerJoin(
      (from) =>
        from
          .selectFrom('failure_hours')
          .select((select) => [
            'reason_code',
            'run_type',
            select.fn.sum<number>('failures').as('failures'),
            select.fn.sum<number>('runs').as('runs'),
          ])
          .where('hour', '>=', Math.floor(since / HOUR_MS))
          .groupBy(['reason_code', 'run_type'])
          .as('lately'),
      (join) =>
        join
          .onRef('lately.reason_code', '=', 'failure_groups.reason_code')
          .onRef('lately.run_type', '=', 'failure_groups.run_type'),
    )
    .select(['lately.failures', 'lately.runs'])
    .execute();
}

/** Failures of each hour since a time, by group and hour. */
export async function countFailuresByHour(db: HubRead, since: number) {
  return db
    .selectFrom('failure_hours')
    .select(['reason_code', 'run_type', 'hour', 'failures'])
    .where('hour', '>=', Math.floor(since / HOUR_MS))
    .execute();
}

/** The failures of one run with one reason code. */
export type FailureEntry = Awaited<ReturnType<typeof entriesOf>>[number];

/** One page of the failure stream by run and reason, newest first. */
export async function listFailures(
  db: HubRead,
  filter: FailureFilter,
  before: FailureCursor | undefined,
): Promise<{ readonly entries: readonly FailureEntry[]; readonly hasMore: boolean }> {
  const found = await entriesOf(db, filter, before);
  return {
    entries: found.slice(0, LIMITS.failureRunsPerPage),
    hasMore: found.length > LIMITS.failureRunsPerPage,
  };
}

function entriesOf(db: HubRead, filter: FailureFilter, before: FailureCursor | undefined) {
  let query = db
    .selectFrom('failure_runs')
    .innerJoin('runs', 'runs.run_id', 'failure_runs.run_id')
    .select([
      'failure_runs.run_id',
      'failure_runs.reason_code',
      'failure_runs.run_type',
      'failure_runs.failures',
      'failure_runs.first_position',
      'failure_runs.first_at',
      'runs.title',
      'runs.bucket',
      'runs.queued_position',
    ])
    .orderBy('failure_runs.first_position', 'desc')
    .orderBy('failure_runs.reason_code', 'desc')
    .limit(LIMITS.failureRunsPerPage + 1);
  if (filter.reason) query = query.where('failure_runs.reason_code', '=', filter.reason);
  if (filter.type) query = query.where('failure_runs.run_type', '=', filter.type);
  if (filter.since !== undefined) query = query.where('failure_runs.first_at', '>=', filter.since);
  if (before)
    query = query.where((where) =>
      where(
        where.refTuple('failure_runs.first_position', 'failure_runs.reason_code'),
        '<',
        where.tuple(before.position, before.reason),
      ),
    );
  return query.execute();
}

/** The first few failures of each entry, in the order in which they were recorded. */
export async function firstFailures(
  db: HubRead,
  entries: readonly Pick<FailureEntry, 'run_id' | 'reason_code'>[],
): Promise<readonly FailureRow[]> {
  if (entries.length === 0) return [];
  return db
    .selectFrom('failure_runs')
    .innerJoinLateral(
      (from) =>
        from
          .selectFrom('failures')
          .selectAll('failures')
          .whereRef('failures.tenant_id', '=', 'failure_runs.tenant_id')
          .whereRef('failures.run_id', '=', 'failure_runs.run_id')
          .whereRef('failures.reason_code', '=', 'failure_runs.reason_code')
          .orderBy('failures.position')
          .orderBy('failures.ordinal')
          .limit(LIMITS.failuresPerRunShown)
          .as('first'),
      (join) => join.onTrue(),
    )
    .selectAll('first')
    .where((where) =>
      where(
        where.refTuple('failure_runs.run_id', 'failure_runs.reason_code'),
        'in',
        entries.map(({ run_id, reason_code }) => where.tuple(run_id, reason_code)),
      ),
    )
    .orderBy('first.position')
    .orderBy('first.ordinal')
    .execute();
}

/** The newest few failures of each group. */
export async function newestFailures(
  db: HubRead,
  groups: readonly Pick<FailureGroup, 'reason_code' | 'run_type'>[],
): Promise<readonly FailureRow[]> {
  if (groups.length === 0) return [];
  return db
    .selectFrom('failure_groups')
    .innerJoinLateral(
      (from) =>
        from
          .selectFrom('failures')
          .selectAll('failures')
          .whereRef('failures.tenant_id', '=', 'failure_groups.tenant_id')
          .whereRef('failures.reason_code', '=', 'failure_groups.reason_code')
          .whereRef('failures.run_type', '=', 'failure_groups.run_type')
          .orderBy('failures.position', 'desc')
          .orderBy('failures.ordinal', 'desc')
          .limit(LIMITS.failuresPerGroupFollowed)
          .as('newest'),
      (join) => join.onTrue(),
    )
    .selectAll('newest')
    .where((where) =>
      where(
        where.refTuple('failure_groups.reason_code', 'failure_groups.run_type'),
        'in',
        groups.map(({ reason_code, run_type }) => where.tuple(reason_code, run_type)),
      ),
    )
    .execute();
}

/** How many entries came after a position, counted up to a limit. */
export async function countNewFailures(db: HubRead, filter: FailureFilter, after: number): Promise<number> {
  let query = db
    .selectFrom('failure_runs')
    .select('first_position')
    .where('first_position', '>', after)
    .limit(LIMITS.newRowsCounted + 1);
  if (filter.reason) query = query.where('reason_code', '=', filter.reason);
  if (filter.type) query = query.where('run_type', '=', filter.type);
  return (await query.execute()).length;
}
