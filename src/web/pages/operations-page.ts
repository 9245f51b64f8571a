import { isMaintained, outcomeTimes } from '../hub/outcome-times.js';
import { choose, type RunChoice } from '../hub/run-conditions.js';
import { basisOf, type RunFilters, type RunSort, sortOf } from '../hub/run-filters.js';
import { listRuns, newRuns, runsNumbered } from '../hub/run-list.js';
import type { RunRow } from '../hub/run-order.js';
import { listSavedViews, type SavedView } from '../hub/saved-view-list.js';
import { LIMITS } from '../limits.js';
import { queryOf } from '../query-of.js';
import { outcomeBars } from '../view/outcome-bars.js';
import { bucketTitle, filterView } from './operations-filters.js';
import { askedFilters, type OperationsQuery, operationsQuery } from './operations-query.js';
import { suggestions } from './operations-suggest.js';
import { tabsOf, viewsView } from './operations-tabs.js';
import { definePage, type FragmentOf, type PageRead } from './page.js';
import { listedAt, peopleOf, rowViews, withDays } from './run-rows.js';
import { VIEW_FORMS } from './saved-view-forms.js';

/** Monitoring → Operations: every run of the tenant; filters and page are in the address. */
export const operationsPage = definePage<OperationsQuery>({
  path: '/operations',
  rail: { heading: 'Monitoring', label: 'Operations', icon: 'list' },
  capability: 'hub.read',
  template: 'pages/operations',
  query: operationsQuery,
  forms: VIEW_FORMS,
  answers: [suggestions],
  async load(read) {
    const { db, query, time, personId } = read;
    const [views, asked] = await Promise.all([listSavedViews(db, personId), askedFilters(read)]);
    const opening = openingView(query, views);
    if (opening) return { movedTo: `/operations?view=${opening.viewId}&${opening.query}` };
    if (asked.movedTo) return { movedTo: asked.movedTo };
    const { shown, filters } = asked;
    const choice = await choose(db, filters, time);
    const opens = views.some(({ isDefault }) => isDefault);
    const link = linkWith(shown, query, opens);
    const { current } = viewsView(views, shown, query.view, link);
    const { before, after } = query;
    const [page, tabs, choices, outcomes] = await Promise.all([
      listRuns(db, choice, { before, after, limit: LIMITS.runsPerPage }),
      tabsOf(db, filters, link, current?.viewId),
      filterView(read, asked, link),
      outcomesOf(read, choice),
    ]);
    const [first] = page.rows;
    const isWrong = Object.keys(asked.wrong).length > 0;
    // A form without any filter would lead to an address that opens the default view.
    const formView = current?.viewId ?? (opens ? 'all' : undefined);
    return {
      title: titleOf(shown, views, query.view),
      status: isWrong ? 400 : 200,
      view: {
        rows: withDays(await rowViews(read, page.rows), timeShown(filters), read),
        within: withinOf(shown),
        kept: keptFields(shown, formView),
        formView,
        whenHeading: WHEN_HEADINGS[sortOf(filters)] ?? 'when',
        tabs,
        views: viewsView(views, shown, query.view, link),
        ...choices,
        tooShort: choice.search.tooShort,
        outcomes,
        newer: page.newer === null ? null : link({}, { after: page.newer }),
        older: page.older === null ? null : link({}, { before: page.older }),
        lookedAt: page.isCutShort ? LIMITS.runsScanned : null,
        firstPage: link({}),
        exportHref: `operations/export${queryOf(shown)}`,
        newRuns: 0,
        filtered: queryOf({ ...shown, sort: undefined }) !== '',
        clear: link({}, {}, 'none'),
      },
      people: [...peopleOf(page.rows)],
      live: {
        rows: page.rows.map((row) => row.queued_position).join(','),
        newest: first?.queued_position ?? 0,
        shownAt: Math.max(0, read.position),
        ...(current ? { view: current.viewId } : {}),
        ...(opens ? { opens: 'view' } : {}),
      },
    };
  },
  live: {
    async load(read) {
      const { db, query, time } = read;
      const { shown, filters } = await askedFilters(read);
      const choice = await choose(db, filters, time);
      const link = linkWith(shown, query, query.opens === 'view');
      const onFirstPage = query.before === undefined && query.after === undefined;
      const page = { position: query.shownAt ?? 0, shown: query.rows ?? [], newest: query.newest ?? 0 };
      const [shownRows, came, tabs] = await Promise.all([
        runsNumbered(db, page.shown),
        onFirstPage ? newRuns(db, choice, page, LIMITS.newRowsCounted + 1) : { count: 0, onTop: true },
        tabsOf(db, filters, link, query.view),
      ]);
      const atOf = timeShown(filters);
      const within = withinOf(shown);
      const rows = await rowViews(read, shownRows);
      const fragments: FragmentOf[] = rows.map((row) => ({
        target: row.id,
        template: 'partials/run-row',
        view: { row: listedAt(row, atOf(row.run), read), within },
      }));
      fragments.push(
        {
          target: 'bucket-tabs',
          template: 'partials/bucket-tabs',
          view: { tabs },
        },
        {
          target: 'new-rows',
          template: 'partials/new-rows',
          view: {
            newRuns: came.count,
            firstPage: link(came.onTop ? {} : { since: page.position }),
            noun: 'operation',
          },
        },
      );
      if (isMaintained(choice))
        fragments.push({
          target: 'outcomes',
          template: 'partials/outcomes',
          view: { outcomes: await outcomesOf(read, choice) },
        });
      return { fragments, people: peopleOf(shownRows) };
    },
  },
});

/** The view that opens when the address of the list has no query. */
function openingView(query: OperationsQuery, views: readonly SavedView[]): SavedView | undefined {
  return Object.keys(query).length === 0 ? views.find(({ isDefault }) => isDefault) : undefined;
}

/** Makes an address of the list: its filters with changes, and the view whose tab stays selected. */
export type ListLink = (
  changes: Partial<Record<keyof RunFilters, unknown>>,
  more?: Readonly<Record<string, unknown>>,
  filters?: 'kept' | 'none',
) => string;

function linkWith(shown: RunFilters, { view }: OperationsQuery, opensView: boolean): ListLink {
  return (changes, more = {}, filters = 'kept') => {
    const kept = filters === 'kept' ? { ...shown, ...changes } : changes;
    const query = queryOf(kept, { view: filters === 'kept' ? view : undefined, ...more });
    // An address without a query would open the default view.
    return `operations${query === '' && opensView ? '?view=all' : query}`;
  };
}

/** The query that the link to a run carries, so that the run's page knows the list. */
const withinOf = (shown: RunFilters): string =>
  queryOf({ in: queryOf({ ...shown, since: undefined }).slice(1) });

/** The filters except the words of a search, as hidden fields of a form. */
function keptFields({ q, since, ...kept }: RunFilters, view: string | undefined) {
  return [...new URLSearchParams(queryOf({ ...kept, view }))].map(([name, value]) => ({ name, value }));
}

/** The heading of that time; `when` for the creation. */
const WHEN_HEADINGS: Readonly<Partial<Record<RunSort, string>>> = { started: 'started', finished: 'ended' };

/** The time that the row of a run shows: the time that the list is ordered by. */
function timeShown(filters: RunFilters): (run: RunRow) => number {
  const sort = sortOf(filters);
  if (sort === 'started') return (run) => run.started_at ?? run.created_at;
  if (sort === 'finished') return (run) => run.finished_at ?? run.created_at;
  return (run) => run.created_at;
}

async function outcomesOf({ db, time }: PageRead<unknown>, choice: RunChoice) {
  const times = await outcomeTimes(db, choice);
  if (!times) return null;
  const { from, to, last, basis, sort, ...rest } = choice.filters;
  const isChosen = basisOf(choice.filters) === 'finished' && (from ?? to ?? last) !== undefined;
  return {
    ...outcomeBars(times, time),
    href: `operations${queryOf({ ...rest, sort, basis: 'finished' })}`,
    whole: isChosen ? `operations${queryOf({ ...rest, sort })}` : null,
  };
}

function titleOf(filters: RunFilters, views: readonly SavedView[], viewId: string | undefined): string {
  const view = views.find((one) => one.viewId === viewId);
  if (view) return view.name;
  const [bucket] = filters.bucket;
  return bucket && filters.bucket.length === 1 ? bucketTitle(bucket) : 'Operations';
}
