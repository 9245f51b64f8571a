import type { z } from 'zod';
import type { Capability } from '../../access/capabilities.js';
import { type Moment, type RunAsOf, runAsOf, type UnreadEvent } from '../hub/run-as-of.js';
import { findRun } from '../hub/run-detail.js';
import type { RunRow } from '../hub/run-order.js';
import { assertReadable } from '../run-visibility.js';
import { WebError } from '../web-error.js';
import { definePage, type FragmentOf, type Loaded, type PageRead, type TenantPage } from './page.js';
import { headerOf, type RunHeader } from './run-header.js';
import { peopleOf } from './run-rows.js';

const RUN_ID = { param: 'run', kind: 'run' } as const;

interface RunPage<Query> {
  readonly path: string;
  /** By default `run.read`. */
  readonly capability?: Capability;
  readonly template: string;
  readonly query: z.ZodType<Query>;
  /** The moment in the address, for a page that can show the run as it was. */
  momentOf?(query: Query): Moment | undefined;
  /**
   * `then` is the run as it was, when the address names a moment. Undefined when the run has nothing at this address.
   */
  load(
    read: PageRead<Query>,
    run: RunRow,
    header: RunHeader,
    then: RunAsOf | undefined,
  ): Promise<Loaded | undefined>;
  fragments(
    read: PageRead<Query>,
    run: RunRow,
    header: RunHeader,
  ): Promise<{ readonly fragments: readonly FragmentOf[]; readonly people: readonly string[] }>;
  readonly downloads?: TenantPage<Query>['downloads'];
}

/** A page about one run with its header. */
export function runPage<Query>(page: RunPage<Query>): TenantPage<Query> {
  return definePage<Query>({
    path: page.path,
    under: '/operations',
    capability: page.capability ?? 'run.read',
    id: RUN_ID,
    template: page.template,
    query: page.query,
    ...(page.downloads && { downloads: page.downloads }),
    async load(read) {
      const run = await findRun(read.db, read.params.run ?? '');
      if (!run) return undefined;
      assertReadable(read.access, run);
      const moment = page.momentOf?.(read.query);
      const { then, unread } = moment ? await momentOf(read, run, moment) : {};
      const header = await headerOf(read, run, then);
      const loaded = await page.load(read, run, unread ? { ...header, unread } : header, then);
      return (
        loaded && {
          ...loaded,
          people: [...loaded.people, ...peopleOf([run])],
          ...(then ? { still: true } : {}),
        }
      );
    },
    live: {
      async load(read) {
        const run = await findRun(read.db, read.params.run ?? '');
        if (!run) return { fragments: [], people: [] };
        assertReadable(read.access, run);
        const header = await headerOf(read, run);
        const { fragments, people } = await page.fragments(read, run, header);
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

/** Errors: WebError `not_found` for a moment before the run was queued. */
async function momentOf(
  { db, runtime }: PageRead<unknown>,
  run: RunRow,
  moment: Moment,
): Promise<{ readonly then?: RunAsOf; readonly unread?: UnreadEvent }> {
  const then = await runAsOf(db, runtime.deps.events.decode, run, moment);
  if (!then) throw new WebError('not_found', 'This run did not exist at that moment.');
  return 'unread' in then ? then : { then };
}

/** The bar with the number of rows that came after the page was rendered. */
export const newRows = (more: number, firstPage: string, noun: string): FragmentOf => ({
  target: 'new-rows',
  template: 'partials/new-rows',
  view: { newRuns: Math.max(0, more), firstPage, noun },
});
