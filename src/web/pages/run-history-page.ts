import { z } from 'zod';
import { listEvents } from '../hub/run-detail.js';
import { LIMITS } from '../limits.js';
import { eventCode, eventWords } from '../view/event-words.js';
import { day, daysDiffer } from '../view/format.js';
import { peopleOf } from './operations-page.js';
import { newRows, nextLink, runPage } from './run-page.js';

const position = z.coerce.number().int().optional();
const historyQuery = z.object({
  order: z.enum(['oldest', 'newest']).default('oldest'),
  past: position,
  /** Of a live stream: how many events the run had, and the last revision that a full page shows. */
  seen: position,
  last: position,
});

/** The events of a run as they were recorded. */
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
    const goesOn = query.order === 'oldest' && rows.length === LIMITS.historyPerPage;
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
      // The newest first, new events come on the first page; the oldest first, after the last that is shown.
      live: { seen: run.events, ...(goesOn && last !== undefined ? { last } : {}) },
    };
  },
  async fragments({ query }, run) {
    const { seen, last, ...shown } = query;
    const page =
      query.order === 'newest'
        ? 'history?order=newest'
        : nextLink('history', last === undefined ? shown : { ...shown, past: last });
    return { fragments: [newRows(run.events - (seen ?? run.events), page, 'event')], people: [] };
  },
});
