import { z } from 'zod';
import { choose } from '../hub/run-conditions.js';
import { findRun } from '../hub/run-detail.js';
import { runBeside } from '../hub/run-list.js';
import { queryOf } from '../query-of.js';
import { askedFilters } from './operations-query.js';
import { definePage } from './page.js';

const besideQuery = z.looseObject({ side: z.enum(['before', 'after']).default('after') });

/**
 * Redirects from a run to the one before or after it in the list that it was opened from. The filters of the list are
 * in the address. From the first and the last run it redirects to the list.
 */
export const runBesidePage = definePage<z.infer<typeof besideQuery>>({
  path: '/runs/:run/beside',
  under: '/operations',
  capability: 'hub.read',
  id: { param: 'run', kind: 'run' },
  template: 'pages/operations',
  query: besideQuery,
  async load({ db, query, params, personId, runtime, time }) {
    const run = await findRun(db, params.run ?? '');
    if (!run) return undefined;
    const { shown, filters } = await askedFilters({ db, query, personId, runtime });
    const beside = await runBeside(db, await choose(db, filters, time), run, query.side);
    const list = queryOf({ ...shown, since: undefined });
    if (!beside) return { movedTo: `/operations${list === '' ? '?view=all' : list}` };
    return { movedTo: `/runs/${beside.run_id}${queryOf({ in: list.slice(1) })}` };
  },
});
