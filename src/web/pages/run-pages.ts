import { z } from 'zod';
import type { Capability } from '../../access/capabilities.js';
import { BUCKET_LABELS } from '../../runs/status-bucket.js';
import {
  findRun,
  itemReasons,
  lastBeat,
  listEvents,
  listItems,
  type RunLinkRow,
  relatedOf,
  timelineEvents,
} from '../hub/run-detail.js';
import type { RunRow } from '../hub/run-list.js';
import { LIMITS } from '../limits.js';
import type { TenantAccess } from '../request-identity.js';
import { assertReadable } from '../run-visibility.js';
import { eventCode, eventWords } from '../view/event-words.js';
import { day, daysDiffer } from '../view/format.js';
import { adviceOf, meaningOf, runSentence, runTitle, tookWords } from '../view/run-words.js';
import { timelineOf } from '../view/timeline.js';
import { peopleOf } from './operations-page.js';
import { definePage, type FragmentOf, type Loaded, type PageRead, type TenantPage } from './tenant-page.js';

const position = z.coerce.number().int().optional();
const RUN_ID = { param: 'run', kind: 'run' } as const;
const overviewQuery = z.object({ after: position });
const itemsQuery = z.object({
  outcome: z.preprocess(
    (value) => (value === '' ? undefined : value),
    z.enum(['succeeded', 'failed', 'skipped']).optional(),
  ),
  reason: z.string().max(64).optional(),
  past: position,
  seen: position,
});
const historyQuery = z.object({
  order: z.enum(['oldest', 'newest']).default('oldest'),
  past: position,
  seen: position,
});

/** Seconds after which a page that waits for the read models loads itself again. */
const REFRESH_SECONDS = 2;

export const runOverviewPage = runPage<z.infer<typeof overviewQuery>>({
  path: '/runs/:run',
  template: 'pages/run-overview',
  query: overviewQuery,
  async load(read, run, header) {
    const overview = await overviewOf(read, run);
    return {
      title: runTitle(run),
      view: { header, tab: 'overview', ...overview },
      people: [...peopleOf([run]), ...overview.people],
    };
  },
  async fragments(read, run) {
    const overview = await overviewOf(read, run);
    return {
      fragments: [{ target: 'run-overview', template: 'partials/run-overview', view: overview }],
      people: overview.people,
    };
  },
  pending: (read) => read.query.after ?? -1,
});

export const runItemsPage = runPage<z.infer<typeof itemsQuery>>({
  path: '/runs/:run/items',
  template: 'pages/run-items',
  query: itemsQuery,
  async load({ db, query }, run, header) {
    const { rows, hasMore } = await listItems(db, run.run_id, {
      outcome: query.outcome,
      reason: query.reason,
      after: query.past,
      limit: LIMITS.itemsPerPage,
    });
    const last = rows.at(-1)?.ordinal;
    return {
      title: `Items of ${run.title}`,
      view: {
        header,
        tab: 'items',
        rows,
        outcome: query.outcome,
        reason: query.reason,
        paged: query.past !== undefined,
        next: hasMore && last !== undefined ? nextLink('items', { ...query, past: last }) : null,
        newRuns: 0,
      },
      people: peopleOf([run]),
      live: { seen: run.processed },
    };
  },
  async fragments({ query }, run) {
    return {
      fragments: [newRows(run.processed - (query.seen ?? run.processed), 'items', 'item')],
      people: [],
    };
  },
});

export const runHistoryPage = runPage<z.infer<typeof historyQuery>>({
  path: '/runs/:run/history',
  capability: 'history.read',
  template: 'pages/run-history',
  query: historyQuery,
  async load({ db, query, time }, run, header) {
    const { rows, hasMore } = await listEvents(db, run.run_id, {
      order: query.order,
      past: query.past,
      limit: LIMITS.historyPerPage,
    });
    const last = rows.at(-1)?.revision;
    return {
      title: `History of ${run.title}`,
      view: {
        header,
        tab: 'history',
        events: rows.map((event, index) => ({
          event,
          /** Of the first event of each day on this page. */
          day: daysDiffer(event.at, rows[index - 1]?.at, time) ? day(event.at, time) : null,
          words: eventWords(event),
          code: eventCode(event),
          hash: String(event.metadata.hash ?? ''),
        })),
        order: query.order,
        paged: query.past !== undefined,
        next: hasMore && last !== undefined ? nextLink('history', { ...query, past: last }) : null,
        newRuns: 0,
      },
      people: [
        ...peopleOf([run]),
        ...rows.filter((event) => event.actor_kind === 'member').map((event) => event.actor_id),
      ],
      live: { seen: run.events },
    };
  },
  async fragments({ query }, run) {
    return {
      fragments: [newRows(run.events - (query.seen ?? run.events), `history?order=${query.order}`, 'event')],
      people: [],
    };
  },
});

interface RunPage<Query> {
  readonly path: string;
  /** `run.read` unless it takes more. */
  readonly capability?: Capability;
  readonly template: string;
  readonly query: z.ZodType<Query>;
  load(read: PageRead<Query>, run: RunRow, header: RunHeader): Promise<Loaded>;
  fragments(
    read: PageRead<Query>,
    run: RunRow,
  ): Promise<{ readonly fragments: readonly FragmentOf[]; readonly people: readonly string[] }>;
  /** The position that the page's run was recorded at, where the address says it. */
  pending?(read: PageRead<Query>): number;
}

/** A page about one run: its header, and the wait for a run that was recorded but isn't shown yet (202). */
function runPage<Query>(page: RunPage<Query>): TenantPage<Query> {
  return definePage<Query>({
    path: page.path,
    nav: 'operations',
    capability: page.capability ?? 'run.read',
    id: RUN_ID,
    template: page.template,
    query: page.query,
    async load(read) {
      const run = await findRun(read.db, read.params.run ?? '');
      if (!run) return notYet(read, page.pending?.(read) ?? -1);
      assertReadable(read.access, run);
      const loaded = await page.load(read, run, await headerOf(read, run));
      return { ...loaded, people: [...loaded.people, ...peopleOf([run])] };
    },
    live: {
      async load(read) {
        const run = await findRun(read.db, read.params.run ?? '');
        if (!run) return { fragments: [], people: [] };
        assertReadable(read.access, run);
        const { fragments, people } = await page.fragments(read, run);
        const header = await headerOf(read, run);
        return {
          fragments: [
            { target: 'run-header', template: 'partials/run-header', view: { header } },
            { target: 'run-tabs', template: 'partials/run-tabs', view: { header, tab: tabOf(page.path) } },
            ...fragments,
          ],
          people: [...people, ...peopleOf([run])],
        };
      },
    },
  });
}

const tabOf = (path: string): string => path.split('/')[3] ?? 'overview';

/** A run that was recorded at a position which the read models haven't reached (202, never 404). */
function notYet(read: PageRead<unknown>, recordedAt: number): Loaded | undefined {
  if (recordedAt <= read.position) return undefined;
  return {
    title: 'Recorded',
    template: 'pages/run-recorded',
    view: { recordedAt, position: read.position, runId: read.params.run },
    people: [],
    status: 202,
    refreshSeconds: REFRESH_SECONDS,
  };
}

type RunHeader = Awaited<ReturnType<typeof headerOf>>;

async function headerOf({ db, time, access }: PageRead<unknown>, run: RunRow) {
  return {
    run,
    bucketLabel: BUCKET_LABELS[run.bucket],
    sentence: runSentence(run, time),
    took: tookWords(run, time.now),
    beatAt: run.bucket === 'running' ? await lastBeat(db, run.run_id) : null,
    base: `/t/${access.tenant.slug}/runs/${run.run_id}`,
    mayReadHistory: access.allows('history.read'),
  };
}

async function overviewOf({ db, time, access, addedCodes }: PageRead<unknown>, run: RunRow) {
  const related = await relatedOf(db, run);
  const reasons = await itemReasons(db, run.run_id);
  return {
    run,
    base: `/t/${access.tenant.slug}`,
    timeline: timelineOf(await timelineEvents(db, run.run_id), time.now),
    reasons: reasons.map((group) => ({
      ...group,
      meaning: meaningOf(group.reasonCode, addedCodes),
      advice: adviceOf(group.reasonCode, addedCodes),
    })),
    /** Of other runs: without the list, only those with failures can be read. */
    linked: access.allows('hub.read'),
    own: related.own.map((link) => ({ ...link, href: hrefOf(link, access) })),
    incoming: related.incoming,
    causedBy: related.causedBy,
    caused: related.caused,
    asks: related.asks,
    people: related.asks.filter((ask) => ask.initiator_kind === 'member').map((ask) => ask.initiator_id),
  };
}

/** Where a related link leads inside the tenant, or null for what has no page or none for this person. */
function hrefOf(link: RunLinkRow, access: TenantAccess): string | null {
  if (!access.allows(link.target_kind === 'run' ? 'hub.read' : 'features.read')) return null;
  switch (link.target_kind) {
    case 'run':
      return `/runs/${encodeURIComponent(link.target_id)}`;
    case 'findings':
      return `/drift?run=${encodeURIComponent(link.run_id)}`;
    case 'inventory':
      return `/inventory#scope-${encodeURIComponent(link.target_id)}`;
    default:
      return null;
  }
}

const newRows = (more: number, firstPage: string, noun: string): FragmentOf => ({
  target: 'new-rows',
  template: 'partials/new-rows',
  view: { newRuns: Math.max(0, more), firstPage, noun },
});

function nextLink(path: string, query: object): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && key !== 'seen') params.set(key, String(value));
  }
  return `${path}?${params}`;
}
