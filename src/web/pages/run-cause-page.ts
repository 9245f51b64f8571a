import { z } from 'zod';
import { relatedOf } from '../hub/run-detail.js';
import { runFamily } from '../hub/run-family.js';
import type { RunRow } from '../hub/run-order.js';
import { readableRuns } from '../run-visibility.js';
import type { PageRead } from './page.js';
import { newRows, runPage } from './run-page.js';
import { peopleOf, rowViews } from './run-rows.js';

const causeQuery = z.object({
  /** For a live stream: how many runs the page shows. */
  seen: z.coerce.number().int().optional(),
});

/** Why a run exists: the runs that led to it, the runs that came from them, and who else asked for it (B5). */
export const runCausePage = runPage<z.infer<typeof causeQuery>>({
  path: '/runs/:run/cause',
  template: 'pages/run-cause',
  query: causeQuery,
  async load(read, run, header) {
    const { rows, hasMore, people } = await familyRows(read, run);
    const { asks } = await relatedOf(read.db, run, readableRuns(read.access));
    return {
      title: `Cause of ${run.title}`,
      view: { header, tab: 'cause', rows, hasMore, asks, newRuns: 0 },
      people: [...people, ...peopleOf(asks)],
      live: { seen: rows.length },
    };
  },
  async fragments(read, run) {
    const { rows, people } = await familyRows(read, run);
    const seen = read.query.seen ?? rows.length;
    return {
      fragments: [
        ...rows.map((row) => ({ target: row.id, template: 'partials/run-row', view: { row } })),
        newRows(rows.length - seen, 'cause', 'operation'),
      ],
      people,
    };
  },
});

/** Runs below this level are not indented further. */
const DEPTH_SHOWN = 6;

async function familyRows(read: PageRead<unknown>, run: RunRow) {
  const { members, hasMore } = await runFamily(read.db, run, readableRuns(read.access));
  const runs = members.map((member) => member.run);
  const rows = await rowViews(read, runs);
  return {
    rows: rows.map((row, index) => ({
      ...row,
      depth: Math.min(DEPTH_SHOWN, members[index]?.depth ?? 0),
      relation: members[index]?.relation?.replaceAll('_', ' ') ?? null,
      current: row.run.run_id === run.run_id,
    })),
    hasMore,
    people: peopleOf(runs),
  };
}
