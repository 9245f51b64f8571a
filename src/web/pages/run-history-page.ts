import { z } from 'zod';
import type { EventRegistry } from '../../ledger/event-registry.js';
import { pageLinks } from '../hub/keyset.js';
import { firstRevision, listEvents, type RunEventRow } from '../hub/run-history.js';
import { LIMITS } from '../limits.js';
import { eventCode, eventWords, wrongTimeOf } from '../view/event-words.js';
import { day, daysDiffer, type TimeFrame } from '../view/format.js';
import { historySections } from '../view/history-sections.js';
import { peopleOf } from './operations-page.js';
import { newRows, nextLink, runPage } from './run-page.js';

const position = z.coerce.number().int().optional();
const historyQuery = z.object({
  order: z.enum(['oldest', 'newest']).default('oldest'),
  past: position,
  before: position,
  page: z.enum(['last']).optional(),
  /** Shows the minor events as rows. */
  minor: z.enum(['shown']).optional(),
  /** Of a live stream: how many events the run had, and the last revision that a full page shows. */
  seen: position,
  last: position,
});

/** The events of a run as they were recorded; their data is loaded from each event's own address. */
export const runHistoryPage = runPage<z.infer<typeof historyQuery>>({
  path: '/runs/:run/history',
  capability: 'history.read',
  template: 'pages/run-history',
  query: historyQuery,
  async load({ db, query, time, runtime }, run, header) {
    const { past, before, page: place, seen: _seen, last: _last, ...view } = query;
    const page = await listEvents(db, run.run_id, {
      order: query.order,
      past,
      before,
      end: place === 'last',
      limit: LIMITS.historyPerPage,
    });
    const { rows } = page;
    const last = rows.at(-1)?.revision;
    const link = (changes: object) => nextLink('history', { ...view, ...changes });
    const goesOn = query.order === 'oldest' && rows.length === LIMITS.historyPerPage;
    return {
      title: `History of ${run.title}`,
      view: {
        header,
        tab: 'history',
        sections: sectionsOf(rows, run.run_id, { time, events: runtime.deps.events }),
        startsAt: firstRevision(run.run_id),
        minorShown: query.minor === 'shown',
        orders: { oldest: link({ order: 'oldest' }), newest: link({ order: 'newest' }) },
        order: query.order,
        allMinor: link({ past, before, page: place, minor: 'shown' }),
        pages: pageLinks(page, ({ revision }) => revision, link),
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
    const { seen, last, past, before, page: at, ...view } = query;
    const place = { past, before, page: at };
    const page =
      query.order === 'newest'
        ? nextLink('history', view)
        : nextLink('history', last === undefined ? { ...view, ...place } : { ...view, past: last });
    return { fragments: [newRows(run.events - (seen ?? run.events), page, 'event')], people: [] };
  },
});

function sectionsOf(
  rows: readonly RunEventRow[],
  runId: string,
  { time, events }: { readonly time: TimeFrame; readonly events: EventRegistry },
) {
  const views = rows.map((event, index) => ({
    type: event.type,
    minor: events.definition(event.type)?.importance === 'minor',
    event,
    /** Counts from 1 inside the run. */
    number: event.revision - firstRevision(runId) + 1,
    /** Of the first event of each day on this page. */
    day: daysDiffer(event.at, rows[index - 1]?.at, time) ? day(event.at, time) : null,
    words: [
      eventWords(events, event),
      ...(wrongTimeOf(event) === undefined ? [] : ['written by a wrong clock']),
    ]
      .filter((part) => part !== '')
      .join(', '),
    code: eventCode(event),
    hash: String(event.metadata.hash ?? ''),
  }));
  return historySections(views, (view) => view.day !== null);
}
