import { z } from 'zod';
import { listItems } from '../hub/run-detail.js';
import { LIMITS } from '../limits.js';
import { peopleOf } from './operations-page.js';
import { newRows, nextLink, runPage } from './run-page.js';

const position = z.coerce.number().int().optional();
const itemsQuery = z.object({
  outcome: z.preprocess(
    (value) => (value === '' ? undefined : value),
    z.enum(['succeeded', 'failed', 'skipped']).optional(),
  ),
  reason: z.string().max(64).optional(),
  past: position,
  /** Of a live stream: the last item that the run had and the last that the page shows, by their ordinals. */
  seen: position,
  last: position,
});

/** The items of a run, in the order of their recording. */
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
    const isFull = rows.length === LIMITS.itemsPerPage;
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
      // Items come after what is shown: on this page while it has room, else on the next.
      live: { seen: run.processed, ...(isFull && last !== undefined ? { last } : {}) },
    };
  },
  async fragments({ db, query }, run) {
    const { seen, last, ...shown } = query;
    const came = await listItems(db, run.run_id, {
      outcome: query.outcome,
      reason: query.reason,
      after: seen ?? run.processed,
      limit: LIMITS.newRowsCounted,
    });
    const page = nextLink('items', last === undefined ? shown : { ...shown, past: last });
    return {
      fragments: [newRows(came.rows.length + (came.hasMore ? 1 : 0), page, 'item')],
      people: [],
    };
  },
});
