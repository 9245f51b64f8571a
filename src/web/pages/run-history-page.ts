import { z } from 'zod';
import type { EventRegistry } from '../../ledger/event-registry.js';
import { type HistoryFilter, historyCounts, isNarrowed } from '../hub/history-filter.js';
import { pageLinks } from '../hub/keyset.js';
import {
  countNewEvents,
  firstRevision,
  listEvents,
  type RunEventRow,
  WHOLE_HISTORY,
} from '../hub/run-history.js';
import type { RunRow } from '../hub/run-order.js';
import { LIMITS } from '../limits.js';
import { optionalField } from '../optional-field.js';
import { pathWithQuery } from '../query-of.js';
import { eventCode, eventWords, writtenTimeIfWrong } from '../view/event-words.js';
import { day, daysDiffer, type TimeFrame } from '../view/format.js';
import { historySections } from '../view/history-sections.js';
import { eventActorInWords, type Names } from '../view/who.js';
import { runHistoryDownload } from './run-history-download.js';
import { newRows, runPage } from './run-page.js';
import { peopleOf } from './run-rows.js';

const position = z.coerce.number().int().optional();
const typesOfEvents = z.preprocess(
  (value) => {
    const list = value === undefined ? [] : Array.isArray(value) ? value : [value];
    return list.filter((entry) => entry !== '');
  },
  z.array(z.string().max(80)).max(20),
);
const historyQuery = z.object({
  type: typesOfEvents,
  not_type: typesOfEvents,
  item: optionalField(z.string().max(300)),
  reason: optionalField(z.string().max(64)),
  failed: optionalField(z.enum(['only'])),
  q: optionalField(z.string().max(200)),
  order: z.enum(['oldest', 'newest']).default('oldest'),
  past: position,
  before: position,
  page: z.enum(['last']).optional(),
  /** Whether minor events are shown as rows. */
  minor: z.enum(['shown']).optional(),
  /**
   * For a live stream: the run's last revision when the page was rendered, and the last revision that a full page
   * shows.
   */
  seen: position,
  last: position,
});

type HistoryQuery = z.infer<typeof historyQuery>;

/** The events of a run as they were recorded. The data of each event is loaded from the event's own address. */
export const runHistoryPage = runPage<HistoryQuery>({
  path: '/runs/:run/history',
  capability: 'history.read',
  template: 'pages/run-history',
  query: historyQuery,
  downloads: [runHistoryDownload],
  async load({ db, query, time, runtime }, run, header) {
    const { past, before, page: place, seen: _seen, last: _last, ...view } = withoutDefaults(query);
    const filter = filterOf(query);
    const narrowed = isNarrowed(filter);
    const page = await listEvents(db, run.run_id, {
      filter,
      order: query.order,
      past,
      before,
      end: place === 'last',
      limit: LIMITS.historyPerPage,
    });
    const { rows } = page;
    const last = rows.at(-1)?.revision;
    const link = (changes: object) => pathWithQuery('history', { ...view, ...changes });
    const counts = await historyCounts(db, run);
    const goesOn = query.order === 'oldest' && rows.length === LIMITS.historyPerPage;
    return {
      title: `History of ${run.title}`,
      view: {
        header,
        tab: 'history',
        sections: sectionsOf(rows, run, {
          time,
          events: runtime.deps.events,
          names: await runtime.names(rows.map((event) => event.actor_id)),
          showsMinor: query.minor === 'shown' || narrowed,
        }),
        startsAt: firstRevision(run.run_id),
        filter,
        counts,
        offeredTypes: counts.types.filter(({ type }) => !isFilteredBy(filter, type)),
        chips: chipsOf(filter).map(({ without, ...chip }) => ({ ...chip, href: link(without) })),
        everything: link({ ...WHOLE_HISTORY, ...NO_FILTER }),
        failedOnly: link({ failed: 'only' }),
        narrowed,
        orders: { oldest: link({ order: undefined }), newest: link({ order: 'newest' }) },
        order: query.order,
        allMinor: link({ past, before, page: place, minor: 'shown' }),
        pages: pageLinks(page, ({ revision }) => revision, link),
        newRuns: 0,
      },
      people: peopleOf([run]),
      // New events appear on the first page when the order is newest first, and after the last shown event otherwise.
      live: { seen: run.last_revision, ...(goesOn && last !== undefined ? { last } : {}) },
    };
  },
  async fragments({ db, query }, run) {
    const { seen, last, past, before, page: at, ...view } = withoutDefaults(query);
    const place = { past, before, page: at };
    const page =
      query.order === 'newest'
        ? pathWithQuery('history', view)
        : pathWithQuery('history', last === undefined ? { ...view, ...place } : { ...view, past: last });
    const came = await countNewEvents(db, run.run_id, filterOf(query), seen ?? run.last_revision);
    return { fragments: [newRows(came, page, 'event')], people: [] };
  },
});

/** The query as links carry it: without the order that a history has by itself. */
const withoutDefaults = ({ order, ...query }: HistoryQuery) => ({
  ...query,
  order: order === 'newest' ? order : undefined,
});

const filterOf = ({ type, not_type, item, reason, failed, q }: HistoryQuery): HistoryFilter => ({
  type,
  not_type,
  item,
  reason,
  failed,
  q,
});

/** Whether a filter of the history names the type already. */
const isFilteredBy = ({ type, not_type }: HistoryFilter, one: string): boolean =>
  type.includes(one) || not_type.includes(one);

const NO_FILTER = { item: undefined, reason: undefined, failed: undefined, q: undefined };

/** The active filters, each with the query without it. */
function chipsOf({ type, not_type, item, reason, failed, q }: HistoryFilter) {
  const chip = (subject: string, value: string | undefined, without: object) =>
    value === undefined ? [] : [{ subject, value, without }];
  return [
    ...type.map((one) => ({
      subject: 'type is',
      value: one,
      without: { type: type.filter((other) => other !== one) },
    })),
    ...not_type.map((one) => ({
      subject: 'type is not',
      value: one,
      without: { not_type: not_type.filter((other) => other !== one) },
    })),
    ...chip('item is', item, { item: undefined }),
    ...chip('reason is', reason, { reason: undefined }),
    ...chip('only what', failed && 'failed', { failed: undefined }),
    ...chip('contains', q, { q: undefined }),
  ];
}

function sectionsOf(
  rows: readonly RunEventRow[],
  run: RunRow,
  facts: {
    readonly time: TimeFrame;
    readonly events: EventRegistry;
    readonly names: Names;
    readonly showsMinor: boolean;
  },
) {
  const { time, events, names, showsMinor } = facts;
  const views = rows.map((event, index) => ({
    type: event.type,
    minor: events.definition(event.type)?.importance === 'minor',
    event,
    /** Counts from 1 inside the run. */
    number: event.revision - firstRevision(run.run_id) + 1,
    /** Only for the first event of each day on this page. */
    day: daysDiffer(event.at, rows[index - 1]?.at, time) ? day(event.at, time) : null,
    words: [
      eventWords(events, event),
      ...(writtenTimeIfWrong(event) === undefined ? [] : ['written by a wrong clock']),
    ]
      .filter((part) => part !== '')
      .join(', '),
    code: eventCode(event),
    hash: String(event.metadata.hash ?? ''),
    shortHash: String(event.metadata.hash ?? '').slice(0, 8),
    by: eventActorInWords(event, run, names),
  }));
  return historySections(views, (view) => view.day !== null).map(({ folded, summary, events: shown }) => {
    const [first] = shown;
    const isHidden = folded && !showsMinor;
    return {
      summary,
      isHidden,
      events: shown,
      /** Whether rows stand before the events: the day, or the line that opens the hidden events. */
      hasHead: isHidden || first.day !== null,
      day: first.day,
      firstNumber: first.number,
      firstRevision: first.event.revision,
    };
  });
}
