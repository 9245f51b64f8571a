import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { parseRunId } from '../../runs/run-streams.js';
import { LIMITS } from '../limits.js';
import { type HistoryFilter, isNarrowed, matching } from './history-filter.js';
import type { HubRead } from './hub-read.js';
import { type KeysetPage, keysetPage, type PagePlace } from './keyset.js';

export type RunEventRow = Selectable<HubTables['run_events']>;

export interface HistoryRequest extends PagePlace {
  readonly filter: HistoryFilter;
  readonly order: 'oldest' | 'newest';
  readonly limit: number;
}

/** One page of a run's events. Pages are cut by revision, so new events don't move the rows. */
export async function listEvents(
  db: HubRead,
  runId: string,
  request: HistoryRequest,
): Promise<KeysetPage<RunEventRow>> {
  const { order, limit, filter } = request;
  return keysetPage(request, { limit, descending: order === 'newest' }, ({ direction, beyond, limit }) => {
    let query = db
      .selectFrom('run_events')
      .selectAll()
      .where('run_id', '=', runId)
      .orderBy('revision', direction)
      .limit(limit);
    if (beyond) query = query.where('revision', beyond.operator, beyond.key);
    if (isNarrowed(filter)) query = query.where((where) => matching(where, runId, filter));
    return query.execute();
  });
}

/** Every event of a run. */
export const WHOLE_HISTORY: HistoryFilter = { type: [], not_type: [] };

/** How many events of a run match a filter and came after a revision, counted up to a limit. */
export async function countNewEvents(
  db: HubRead,
  runId: string,
  filter: HistoryFilter,
  after: number,
): Promise<number> {
  const rows = await db
    .selectFrom('run_events')
    .select('revision')
    .where('run_id', '=', runId)
    .where('revision', '>', after)
    .where((where) => matching(where, runId, filter))
    .limit(LIMITS.newRowsCounted + 1)
    .execute();
  return rows.length;
}

/** Events of a run as the log holds them, from a revision on and up to a position. */
export async function historyPart(
  db: HubRead,
  runId: string,
  { past, upTo, limit }: { readonly past: number; readonly upTo: number; readonly limit: number },
) {
  return db
    .selectFrom('run_events')
    .select(['revision', 'position', 'event_id as id', 'type', 'data', 'metadata'])
    .where('run_id', '=', runId)
    .where('revision', '>', past)
    .where('position', '<=', upTo)
    .orderBy('revision')
    .limit(limit)
    .execute();
}

/** One event of a run, or undefined when the run has no event with that revision. */
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

/** Revision of a run's first event. Runs with the same key follow each other in one stream. */
export const firstRevision = (runId: string): number => parseRunId(runId)?.startRevision ?? 0;
