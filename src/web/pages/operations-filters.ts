import { BUCKET_LABELS, STATUS_BUCKETS, type StatusBucket } from '../../runs/status-bucket.js';
import { endOf, fieldTime, parseTime } from '../hub/filter-times.js';
import { INITIATOR_WORDS, type RunInitiator } from '../hub/initiator-list.js';
import { RUN_SORTS, type RunFilters, TIME_BASES } from '../hub/run-filters.js';
import { reasonCounts, typeCounts } from '../hub/run-list.js';
import { PERIOD_LABELS, runFilterChips } from '../view/run-filter-chips.js';
import type { ListLink } from './operations-page.js';
import type { AskedFilters } from './operations-query.js';
import type { PageRead } from './page.js';

/** A value of a filter: how many runs have it, and whether it is selected or excluded. */
export interface FilterChoice {
  readonly value: string;
  readonly label: string;
  readonly runs: number | null;
  readonly is: boolean;
  readonly not: boolean;
}

const SORT_LABELS: Readonly<Record<(typeof RUN_SORTS)[number], string>> = {
  newest: 'newest first',
  oldest: 'oldest first',
  started: 'started last',
  finished: 'ended last',
  longest: 'longest first',
};

/** The view of the list's filters: chips, the form's choices, and errors. */
export async function filterView(
  { db, time, query }: PageRead<Readonly<Record<string, unknown>>>,
  asked: AskedFilters,
  link: ListLink,
) {
  const { shown, initiators, wrong, text } = asked;
  const { zone } = time;
  const nameOf = nameOfInitiator(initiators);
  const [types, reasons] = await Promise.all([typeCounts(db), reasonCounts(db)]);
  return {
    chips: runFilterChips(shown, { zone, nameOf }).map((chip) => ({ ...chip, href: link(chip.without) })),
    search: { text: wrong.q === undefined ? (shown.q ?? '') : text, wrong: wrong.q ?? null },
    wrong,
    isWrong: Object.keys(wrong).some((name) => name !== 'q'),
    fields: {
      buckets: STATUS_BUCKETS.map((bucket) => ({
        value: bucket,
        label: BUCKET_LABELS[bucket],
        is: shown.bucket.includes(bucket),
      })),
      lists: [
        listField('Type', 'type', types, shown),
        listField('Started by', 'initiator', initiatorCounts(initiators), shown, nameOf),
        listField('Reason', 'reason', reasons, shown),
      ],
      bases: TIME_BASES.map((basis) => ({ value: basis, chosen: shown.basis === basis })),
      periods: Object.entries(PERIOD_LABELS).map(([value, label]) => ({
        value,
        label,
        chosen: shown.last === value,
      })),
      sorts: [
        { value: '', label: 'as fits the time', chosen: shown.sort === undefined },
        ...RUN_SORTS.map((sort) => ({
          value: sort,
          label: SORT_LABELS[sort],
          chosen: shown.sort === sort,
        })),
      ],
      ends: [
        {
          name: 'from',
          label: 'From',
          value: shown.from
            ? fieldTime(parseTime(shown.from, zone), zone)
            : String(wrong.from ? query.from : ''),
        },
        {
          name: 'to',
          label: 'Before',
          value: shown.to ? fieldTime(endOf(shown.to, zone), zone) : String(wrong.to ? query.to : ''),
        },
      ],
      q: shown.q ?? '',
    },
  };
}

interface Counted {
  readonly value: string;
  readonly runs: number | null;
}

const initiatorCounts = (initiators: readonly RunInitiator[]): readonly Counted[] => [
  ...Object.keys(INITIATOR_WORDS).map((value) => ({ value, runs: null })),
  ...initiators.map(({ id, runs }) => ({ value: id, runs })),
];

/** A filter with its values: those that runs have, and those in the address that no run has. */
function listField(
  legend: string,
  name: 'type' | 'initiator' | 'reason',
  counted: readonly Counted[],
  shown: RunFilters,
  labelOf: (value: string) => string = (value) => value,
) {
  const [is, not] = [shown[name], shown[`not_${name}`]];
  const known = new Set(counted.map(({ value }) => value));
  const others = [...is, ...not].filter((value) => !known.has(value)).map((value) => ({ value, runs: null }));
  const choices: FilterChoice[] = [...counted, ...others].map(({ value, runs }) => ({
    value,
    label: labelOf(value),
    runs,
    is: is.includes(value),
    not: not.includes(value),
  }));
  return { legend, name, choices };
}

/**
 * The name of an initiator. Somebody who started nothing here is shown by id, so that no name is revealed that the
 * reader may not see.
 */
export function nameOfInitiator(initiators: readonly RunInitiator[]): (value: string) => string {
  const names = new Map(initiators.map(({ id, name }) => [id, name]));
  return (value) => INITIATOR_WORDS[value] ?? names.get(value) ?? value;
}

/** "Failed operations". */
export const bucketTitle = (bucket: StatusBucket): string => `${BUCKET_LABELS[bucket]} operations`;
