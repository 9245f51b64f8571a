import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { parseRunId } from '../../runs/run-streams.js';
import type { HubRead } from './hub-read.js';
import { type KeysetPage, keysetPage, type PagePlace } from './keyset.js';

export type RunEventRow = Selectable<HubTables['run_events']>;

export interface HistoryRequest extends PagePlace {
  readonly order: 'oldest' | 'newest';
  readonly limit: number;
}

/** One page of a run's events; pages are cut by revision, so that events which arrive move nothing. */
export async function listEvents(
  db: HubRead,
  runId: string,
  request: HistoryRequest,
): Promise<KeysetPage<RunEventRow>> {
  const { order, limit } = request;
  return keysetPage(request, { limit, descending: order === 'newest' }, ({ direction, beyond, limit }) => {
    let query = db
      .selectFrom('run_events')
      .selectAll()
      .where('run_id', '=', runId)
      .orderBy('revision', direction)
      .limit(limit);
    if (beyond) query = query.where('revision', beyond.operator, beyond.key);
    return query.execute();
  });
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
