import { z } from 'zod';
import { issueInWords } from '../../wording/issue-words.js';
import { readTypedText } from '../hub/filter-text.js';
import { initiatorsNamed, listRunInitiators, type RunInitiator } from '../hub/initiator-list.js';
import { type RunFilterName, type RunFilters, readFilters, runFiltersSchema } from '../hub/run-filters.js';
import { RUN_PLACE } from '../hub/run-order.js';
import { queryOf } from '../query-of.js';
import type { PageRead } from './page.js';

const number = z.coerce.number().int().min(0).optional();
const place = z.string().regex(RUN_PLACE, 'It is not a place in the list').optional();

/**
 * The query accepts any value for filters. They are read one by one later, so that an error can be shown beside its
 * field.
 */
const unreadFilters = Object.fromEntries(
  Object.keys(runFiltersSchema.shape).map((name) => [name, z.unknown().optional()]),
);

/** The query of the list's address. */
export const operationsQuery = z.looseObject({
  ...unreadFilters,
  before: place,
  after: place,
  /** The saved view whose tab is selected, or `all` for the list without a view. */
  view: z.union([z.guid(), z.literal('all')]).optional(),
  /** For a live stream: the rows that the page shows, and the newest run when it was rendered. */
  rows: z
    .string()
    .max(1200)
    .regex(/^[0-9]*(,[0-9]+)*$/)
    .transform((text) => (text === '' ? [] : text.split(',').map(Number)))
    .optional(),
  newest: number,
  /** The position of the read models when the page was rendered. */
  shownAt: number,
  /** Whether the address without a query opens the reader's default view. */
  opens: z.literal('view').optional(),
});
export type OperationsQuery = z.infer<typeof operationsQuery>;

/** The fields of a read that are needed to read filters. */
type AskingRead = Pick<PageRead<Readonly<Record<string, unknown>>>, 'db' | 'query' | 'personId' | 'runtime'>;

/** The filters of a list's address. */
export interface AskedFilters {
  /** The filters as in the address, with `me` for the reader. */
  readonly shown: RunFilters;
  /** The filters for queries. */
  readonly filters: RunFilters;
  /** Errors as sentences, by the name of the field that they are shown beside. */
  readonly wrong: Readonly<Record<string, string>>;
  /** The text of the search field. */
  readonly text: string;
  /** The address to redirect to when typed filters become filters of the address. */
  readonly movedTo: string | undefined;
  readonly initiators: readonly RunInitiator[];
}

/** Reads the filters of an address, and those that were typed into its search field. */
export async function askedFilters(read: AskingRead): Promise<AskedFilters> {
  const { db, query, runtime } = read;
  const { filters: shown, wrong } = readFilters(query);
  const initiators = await listRunInitiators(db, (ids) => runtime.names(ids));
  const typed = readTyped(shown, initiators);
  const problems = Object.fromEntries(
    wrong.map(({ name, value, issue }) => [
      name,
      `“${value.slice(0, 80)}” can’t be used. ${issueInWords(issue)}`,
    ]),
  );
  const isFine = wrong.length === 0 && typed.wrong === undefined;
  const { view } = query;
  return {
    shown: typed.wrong === undefined ? shown : { ...shown, q: undefined },
    filters: withMe({ ...shown, q: typed.wrong === undefined ? shown.q : undefined }, read),
    wrong: { ...problems, ...(typed.wrong === undefined ? {} : { q: typed.wrong }) },
    text: shown.q ?? '',
    movedTo: isFine && typed.moved ? `/operations${queryOf(typed.moved, { view })}` : undefined,
    initiators,
  };
}

interface Typed {
  /** The filters joined with the typed ones; undefined when none were typed. */
  readonly moved?: RunFilters;
  readonly wrong?: string;
}

/** Separates typed filters from the words of a search. */
function readTyped(shown: RunFilters, initiators: readonly RunInitiator[]): Typed {
  if (shown.q === undefined) return {};
  const { filters: typed, words } = readTypedText(shown.q);
  if (typed.length === 0) return {};
  const next: Record<string, unknown> = { ...shown, q: words === '' ? undefined : words };
  for (const { name, value, typed: text } of typed) {
    const values = name.endsWith('initiator') ? initiatorsNamed(initiators, value) : [value];
    if (values === undefined)
      return {
        wrong: `“${text}”: no person, schedule or API client of that name has started an operation here.`,
      };
    const before = next[name];
    next[name] = Array.isArray(before) ? [...before, ...values] : values[0];
    const [issue] = readFilters(next).wrong;
    if (issue) return { wrong: `“${text}” can’t be used. ${issueInWords(issue.issue)}` };
  }
  return { moved: readFilters(next).filters };
}

/**
 * The filters for queries: `me` is replaced by the person who asks. `personId` is read only where `me` is used, because
 * reading it makes a page personal.
 */
function withMe(filters: RunFilters, read: Pick<AskingRead, 'personId'>): RunFilters {
  const named = (name: Extract<RunFilterName, 'initiator' | 'not_initiator'>) =>
    filters[name].map((one) => (one === 'me' ? read.personId : one));
  return { ...filters, initiator: named('initiator'), not_initiator: named('not_initiator') };
}
