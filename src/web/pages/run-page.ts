import type { z } from 'zod';
import type { Capability } from '../../access/capabilities.js';
import { BUCKET_LABELS } from '../../runs/status-bucket.js';
import { findRun, lastBeat } from '../hub/run-detail.js';
import type { RunRow } from '../hub/run-list.js';
import { assertReadable } from '../run-visibility.js';
import { adviceOf, meaningOf, runSentence, tookWords } from '../view/run-words.js';
import { peopleOf } from './operations-page.js';
import { definePage, type FragmentOf, type Loaded, type PageRead, type TenantPage } from './page.js';

const RUN_ID = { param: 'run', kind: 'run' } as const;
/** Seconds after which a page that waits for the read models loads itself again. */
const REFRESH_SECONDS = 2;

interface RunPage<Query> {
  readonly path: string;
  /** `run.read` unless it takes more. */
  readonly capability?: Capability;
  readonly template: string;
  readonly query: z.ZodType<Query>;
  /** Undefined where the run has nothing of that address. */
  load(read: PageRead<Query>, run: RunRow, header: RunHeader): Promise<Loaded | undefined>;
  fragments(
    read: PageRead<Query>,
    run: RunRow,
  ): Promise<{ readonly fragments: readonly FragmentOf[]; readonly people: readonly string[] }>;
  /** The position that the page's run was recorded at, where the address says it. */
  pending?(read: PageRead<Query>): number;
}

/** A page about one run: its header, and the wait for a run that was recorded but isn't shown yet (202). */
export function runPage<Query>(page: RunPage<Query>): TenantPage<Query> {
  return definePage<Query>({
    path: page.path,
    under: '/operations',
    capability: page.capability ?? 'run.read',
    id: RUN_ID,
    template: page.template,
    query: page.query,
    async load(read) {
      const run = await findRun(read.db, read.params.run ?? '');
      if (!run) return notYet(read, page.pending?.(read) ?? -1);
      assertReadable(read.access, run);
      const loaded = await page.load(read, run, await headerOf(read, run));
      return loaded && { ...loaded, people: [...loaded.people, ...peopleOf([run])] };
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

async function headerOf({ db, time, access, addedCodes }: PageRead<unknown>, run: RunRow) {
  const code = run.bucket === 'failed' ? run.reason_code : null;
  return {
    run,
    bucketLabel: BUCKET_LABELS[run.bucket],
    sentence: runSentence(run, time),
    /** Of a run that failed as a whole: what its reason means and what to do. */
    meaning: code && meaningOf(code, addedCodes),
    advice: code && adviceOf(code, addedCodes),
    took: tookWords(run, time.now),
    beatAt: run.bucket === 'running' ? await lastBeat(db, run.run_id) : null,
    base: `/t/${access.tenant.slug}/runs/${run.run_id}`,
    mayReadHistory: access.allows('history.read'),
  };
}

/** The bar that tells of rows which came after the page was rendered. */
export const newRows = (more: number, firstPage: string, noun: string): FragmentOf => ({
  target: 'new-rows',
  template: 'partials/new-rows',
  view: { newRuns: Math.max(0, more), firstPage, noun },
});

/** The address of the next page under the same query. */
export function nextLink(path: string, query: object): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && key !== 'seen' && key !== 'last') params.set(key, String(value));
  }
  return params.size === 0 ? path : `${path}?${params}`;
}
