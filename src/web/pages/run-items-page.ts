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
  seen: position,
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
