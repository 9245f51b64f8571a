import { BUCKET_LABELS, type StatusBucket } from '../../runs/status-bucket.js';
import { endOf, parseTime, timeInWords } from '../hub/filter-times.js';
import { basisOf, type RunFilters } from '../hub/run-filters.js';
import { position } from './format.js';

/** A filter in words, with the changes of the filters that remove it. */
export interface RunFilterChip {
  readonly subject: string;
  readonly value: string;
  readonly without: Partial<Record<keyof RunFilters, unknown>>;
}

export const PERIOD_LABELS = {
  '1h': 'the last hour',
  '24h': 'the last 24 hours',
  '7d': 'the last 7 days',
} as const;

/** Filters with several values, with their names on chips. */
const LISTS = [
  ['bucket', 'state is'],
  ['type', 'type is'],
  ['not_type', 'type is not'],
  ['initiator', 'started by'],
  ['not_initiator', 'not started by'],
  ['reason', 'reason is'],
  ['not_reason', 'reason is not'],
] as const;

/**
 * Filters as chips, one for each value. A single bucket has no chip, because the tabs show it. `nameOf` returns the
 * name of an initiator; times are shown in the zone.
 */
export function runFilterChips(
  filters: RunFilters,
  { zone, nameOf }: { readonly zone: string; readonly nameOf: (initiator: string) => string },
): readonly RunFilterChip[] {
  const chips: RunFilterChip[] = [];
  for (const [name, subject] of LISTS) {
    const values: readonly string[] = filters[name];
    if (name === 'bucket' && values.length === 1) continue;
    for (const [index, value] of values.entries()) {
      const without = { [name]: values.filter((other) => other !== value) };
      chips.push({
        subject: index === 0 || name.startsWith('not') ? subject : 'or',
        value: wordsFor(name, value, nameOf),
        without,
      });
    }
  }
  if (filters.q) chips.push({ subject: 'words', value: filters.q, without: { q: undefined } });
  const basis = basisOf(filters);
  const { last, from, to, since } = filters;
  if (last) chips.push({ subject: `${basis} in`, value: PERIOD_LABELS[last], without: { last: undefined } });
  if (from)
    chips.push({
      subject: `${basis} from`,
      value: `${timeInWords(parseTime(from, zone), zone)} (${zone})`,
      without: { from: undefined },
    });
  if (to)
    chips.push({
      subject: `${basis} before`,
      value: `${timeInWords(endOf(to, zone), zone)} (${zone})`,
      without: { to: undefined },
    });
  if (since !== undefined)
    chips.push({ subject: 'came after', value: position(since), without: { since: undefined } });
  return chips;
}

function wordsFor(name: string, value: string, nameOf: (initiator: string) => string): string {
  if (name === 'bucket') return BUCKET_LABELS[value as StatusBucket];
  return name === 'initiator' || name === 'not_initiator' ? nameOf(value) : value;
}
