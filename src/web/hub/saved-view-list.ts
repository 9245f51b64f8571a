import type { HubRead } from './hub-read.js';
import { queryOf, type RunFilters } from './run-filters.js';

/** Views of one person in one tenant. */
export const VIEWS_MAX = 30;

/** Filters of the list of operations under a name. */
export interface SavedView {
  readonly viewId: string;
  readonly name: string;
  /** Query of the list's address without its `?`. */
  readonly query: string;
  readonly isDefault: boolean;
}

/** A person's views in the order in which they were first saved. */
export async function savedViews(db: HubRead, personId: string): Promise<readonly SavedView[]> {
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
    .execute();
  return rows.map(({ defaultId, ...view }) => ({ ...view, isDefault: defaultId !== null }));
}

/** Filters as a view keeps them: in one order, without what belongs to a moment. */
export const viewQueryOf = (filters: RunFilters): string => {
  const { since, ...kept } = filters;
  return queryOf(kept).slice(1);
};
