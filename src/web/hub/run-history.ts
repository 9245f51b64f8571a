import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { parseRunId } from '../../runs/run-streams.js';
import type { HubRead } from './hub-read.js';

export type RunEventRow = Selectable<HubTables['run_events']>;

export interface HistoryRequest {
  readonly order: 'oldest' | 'newest';
  /** Events beyond this revision, in the order of the page. */
  readonly past?: number | undefined;
  /** The events nearest to this revision on its other side: the page before. */
  readonly before?: number | undefined;
  /** The last page. */
  readonly end?: boolean | undefined;
  readonly limit: number;
}

export interface HistoryPage {
  readonly rows: readonly RunEventRow[];
  readonly hasMore: boolean;
  readonly hasBefore: boolean;
}

/** One page of a run's events; pages are cut by revision, so that events which arrive move nothing. */
export async function listEvents(db: HubRead, runId: string, request: HistoryRequest): Promise<HistoryPage> {
  const { past, before, end = false, limit } = request;
  const oldestFirst = request.order === 'oldest';
  const backwards = end || before !== undefined;
  const ascending = oldestFirst !== backwards;
  let query = db
    .selectFrom('run_events')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('revision', ascending ? 'asc' : 'desc')
    .limit(limit + 1);
  const beyond = end ? undefined : (before ?? past);
  if (beyond !== undefined) query = query.where('revision', ascending ? '>' : '<', beyond);
  const found = await query.execute();
  const more = found.length > limit;
  const rows = found.slice(0, limit);
  return backwards
    ? { rows: rows.reverse(), hasMore: !end, hasBefore: more }
    : { rows, hasMore: more, hasBefore: past !== undefined };
}

/** One event of a run, or undefined where the run has none of that revision. */
export async function findEvent(
  db: HubRead,
  runId: string,
  revision: number,
): Promise<RunEventRow | undefined> {
  return db
    .selectFrom('run_events')
    .selectAll()
    .where('run_id', '=', runId)
    .where('revision', '=', revision)
    .executeTakeFirst();
}

/** Revision of a run's first event: runs of the same key follow each other in one stream. */
export const firstRevision = (runId: string): number => parseRunId(runId)?.startRevision ?? 0;
