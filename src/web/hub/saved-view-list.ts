import { PREPARED } from '../../db/prepared-statements.js';
import { queryOf } from '../query-of.js';
import type { HubRead } from './hub-read.js';
import type { RunFilters } from './run-filters.js';

/** How many views one person may save in one tenant. */
export const VIEWS_MAX = 30;

/** Saved filters of the list of operations, with a name. */
export interface SavedView {
  readonly viewId: string;
  readonly name: string;
  /** Query of the list's address without its `?`. */
  readonly query: string;
  readonly isDefault: boolean;
}

/** A person's views in the order in which they were first saved. */
export async function listSavedViews(db: HubRead, personId: string): Promise<readonly SavedView[]> {
  const rows = await db
    .selectFrom('saved_views')
    .leftJoin('default_views', (join) =>
      join
        .onRef('default_views.person_id', '=', 'saved_views.person_id')
        .onRef('default_views.view_id', '=', 'saved_views.view_id'),
    )
    .select(['saved_views.view_id as viewId', 'name', 'query', 'default_views.view_id as defaultId'])
    .where('saved_views.person_id', '=', personId)
    .orderBy('position')
    .limit(VIEWS_MAX)
    .modifyEnd(PREPARED)
    .execute();
  return rows.map(({ defaultId, ...view }) => ({ ...view, isDefault: defaultId !== null }));
}

/** The filters as a view stores them: in a fixed order, without those that belong to one moment. */
export const viewQueryOf = (filters: RunFilters): string => {
  const { since, ...kept } = filters;
  return queryOf(kept).slice(1);
};
