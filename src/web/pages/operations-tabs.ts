import { BUCKET_LABELS, STATUS_BUCKETS } from '../../runs/status-bucket.js';
import type { HubRead } from '../hub/hub-read.js';
import { countersApply, type RunFilters } from '../hub/run-filters.js';
import { bucketCounts } from '../hub/run-list.js';
import { type SavedView, viewQueryOf } from '../hub/saved-view-list.js';
import type { ListLink } from './operations-page.js';

/** The tabs by bucket, with counts when the maintained counters know the filters. */
export async function tabsOf(db: HubRead, filters: RunFilters, link: ListLink, viewId: string | undefined) {
  const isView = viewId !== undefined && viewId !== 'all';
  const counts = countersApply(filters) ? await bucketCounts(db, filters) : null;
  return (['all', ...STATUS_BUCKETS] as const).map((bucket) => ({
    bucket,
    label: bucket === 'all' ? 'All' : BUCKET_LABELS[bucket],
    count: counts ? counts[bucket] : null,
    current:
      !isView &&
      (bucket === 'all'
        ? filters.bucket.length === 0
        : (filters.bucket as readonly string[]).includes(bucket)),
    href: link({ bucket: bucket === 'all' ? undefined : bucket }, { view: undefined }),
  }));
}

/** The tabs of saved views, and the forms that change them. */
export function viewsView(
  views: readonly SavedView[],
  shown: RunFilters,
  viewId: string | undefined,
  link: ListLink,
) {
  const query = viewQueryOf(shown);
  const current = views.find((view) => view.viewId === viewId) ?? views.find((view) => view.query === query);
  return {
    query,
    current: current ?? null,
    isChanged: current !== undefined && current.query !== query,
    tabs: views.map((view, index) => ({
      isFirst: index === 0,
      ...view,
      current: view === current,
      changed: view === current && view.query !== query,
      href: `operations?view=${view.viewId}${view.query === '' ? '' : `&${view.query}`}`,
    })),
    all: link({}, { view: 'all' }, 'none'),
  };
}
