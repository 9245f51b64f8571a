import { z } from 'zod';
import { BUCKET_LABELS, STATUS_BUCKETS } from '../../runs/status-bucket.js';
import type { HubRead } from '../hub/hub-read.js';
import { lastBeats } from '../hub/run-detail.js';
import {
  bucketTitle,
  chipsOf,
  countersApply,
  queryOf,
  type RunFilters,
  runFiltersSchema,
  TIME_BASES,
  timeFields,
} from '../hub/run-filters.js';
import {
  bucketCounts,
  isKnownPerson,
  listRuns,
  newRuns,
  type RunRow,
  runsNumbered,
  runTypes,
} from '../hub/run-list.js';
import { LIMITS } from '../limits.js';
import { rowDetail, tookWords } from '../view/run-words.js';
import type { FragmentOf, PageRead } from './page.js';
import { definePage } from './page.js';

const number = z.coerce.number().int().min(0).optional();
const querySchema = runFiltersSchema.extend({
  before: number,
  after: number,
  /** Of a live stream: the rows that the page shows, and the newest run when it was rendered. */
  rows: z
    .string()
    .max(1200)
    .regex(/^[0-9]*(,[0-9]+)*$/)
    .transform((text) => (text === '' ? [] : text.split(',').map(Number)))
    .optional(),
  newest: number,
  /** Position of the page when it was rendered. */
  shownAt: number,
});
type Query = z.infer<typeof querySchema>;

/** Monitoring → Operations: every run of the tenant, filtered and paged by its address. */
export const operationsPage = definePage<Query>({
  path: '/operations',
  rail: { heading: 'Monitoring', label: 'Operations', icon: 'list' },
  capability: 'hub.read',
  template: 'pages/operations',
  query: querySchema,
  async load(read) {
    const { db, query, time } = read;
    const filters = filtersOf(read);
    const page = await listRuns(db, {
      filters,
      before: query.before,
      after: query.after,
      limit: LIMITS.runsPerPage,
      now: time.now,
    });
    const rows = await rowViews(read, page.rows);
    const newest = page.rows[0]?.queued_position ?? 0;
    const oldest = page.rows.at(-1)?.queued_position ?? 0;
    const link = (changes: Record<string, unknown>) => `operations${queryOf(shown(query), changes)}`;
    return {
      title: bucketTitle(filters),
      view: {
        rows,
        tabs: await tabsOf(read, filters),
        filters: shown(query),
        times: timeFields(filters),
        chips: (name: (id: string) => string) => chipsOf(shown(query), name),
        types: await runTypes(db),
        buckets: STATUS_BUCKETS,
        bases: TIME_BASES,
        newer: page.hasNewer ? `${link({})}${link({}).includes('?') ? '&' : '?'}after=${newest}` : null,
        older: page.hasOlder ? `${link({})}${link({}).includes('?') ? '&' : '?'}before=${oldest}` : null,
        firstPage: link({}),
        newRuns: 0,
        filtered: link({}) !== 'operations',
      },
      people: [...peopleOf(page.rows), ...(await knownInitiator(db, filters.initiator))],
      live: {
        rows: page.rows.map((row) => row.queued_position).join(','),
        newest,
        shownAt: Math.max(0, read.position),
      },
    };
  },
  live: {
    async load(read) {
      const { db, query, time } = read;
      const filters = filtersOf(read);
      const shownRows = await runsNumbered(db, query.rows ?? []);
      const onFirstPage = query.before === undefined && query.after === undefined;
      const limit = LIMITS.newRowsCounted + 1;
      const page = { position: query.shownAt ?? 0, shown: query.rows ?? [], newest: query.newest ?? 0 };
      const came = onFirstPage
        ? await newRuns(db, filters, page, { limit, now: time.now })
        : { count: 0, onTop: true };
      const fragments: FragmentOf[] = (await rowViews(read, shownRows)).map((row) => ({
        target: row.id,
        template: 'partials/run-row',
        view: { row },
      }));
      fragments.push(
        { target: 'tabs', template: 'partials/tabs', view: { tabs: await tabsOf(read, filters) } },
        {
          target: 'new-rows',
          template: 'partials/new-rows',
          view: {
            newRuns: came.count,
            firstPage: `operations${queryOf(shown(query), came.onTop ? {} : { since: page.position })}`,
            noun: 'operation',
          },
        },
      );
      return { fragments, people: peopleOf(shownRows) };
    },
  },
});

/** The filters alone, as the address has them. */
function shown({ before, after, rows, newest, shownAt, ...filters }: Query): RunFilters {
  return filters;
}

/** The filters as the queries take them: `me` is the person who asks. */
function filtersOf(read: PageRead<Query>): RunFilters {
  const filters = shown(read.query);
  return filters.initiator === 'me' ? { ...filters, initiator: read.personId } : filters;
}

async function tabsOf({ db, query }: PageRead<Query>, filters: RunFilters) {
  const counts = countersApply(filters) ? await bucketCounts(db, filters) : null;
  return (['all', ...STATUS_BUCKETS] as const).map((bucket) => ({
    bucket,
    label: bucket === 'all' ? 'All' : BUCKET_LABELS[bucket],
    count: counts ? counts[bucket] : null,
    current: (filters.bucket ?? 'all') === bucket,
    href: `operations${queryOf(shown(query), { bucket: bucket === 'all' ? undefined : bucket })}`,
  }));
}

/** What the row template needs of each run. */
export async function rowViews(
  { db, time }: Pick<PageRead<unknown>, 'db' | 'time'>,
  runs: readonly RunRow[],
) {
  const running = runs.filter((run) => run.bucket === 'running').map((run) => run.run_id);
  const beats = await lastBeats(db, running);
  return runs.map((run) => ({
    id: `run-${run.queued_position}`,
    run,
    bucketLabel: BUCKET_LABELS[run.bucket],
    detail: rowDetail(run, time),
    took: tookWords(run, time.now),
    beatAt: beats.get(run.run_id) ?? null,
  }));
}

/** The members among runs' initiators. */
export const peopleOf = (runs: readonly RunRow[]): readonly string[] =>
  runs.filter((run) => run.initiator_kind === 'member').map((run) => run.initiator_id);

/** The person that the filter names, if they belong to this tenant or started a run here; nobody else is named. */
async function knownInitiator(db: HubRead, initiator: string | undefined): Promise<readonly string[]> {
  if (initiator === undefined || !z.guid().safeParse(initiator).success) return [];
  return (await isKnownPerson(db, initiator)) ? [initiator] : [];
}
