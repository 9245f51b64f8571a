import { DateTime } from 'luxon';
import { z } from 'zod';
import { BUCKET_LABELS, STATUS_BUCKETS } from '../../runs/status-bucket.js';
import { position as formatPosition } from '../view/format.js';

const typeName = z
  .string()
  .max(80)
  .regex(/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/);
const DATE = /^\d{4}-\d\d-\d\d$/;
const DATE_AND_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:?\d\d)?$/;
const time = z
  .string()
  .refine(
    (text) => !Number.isNaN(timeOf(text)),
    'Write a day as 2026-11-21, or a time as 2026-11-21T14:00 (UTC) or 2026-11-21T14:00+01:00',
  );

/** An empty field of a form means that it isn't set. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());
const listOf = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => {
    const list = value === undefined ? [] : Array.isArray(value) ? value : [value];
    return list.filter((entry) => entry !== '');
  }, z.array(schema).max(20));

export const TIME_BASES = ['created', 'started', 'finished'] as const;
export const LAST_PERIODS = { '1h': 3_600_000, '24h': 86_400_000, '7d': 604_800_000 } as const;
const PERIOD_LABELS = { '1h': 'the last hour', '24h': 'the last 24 hours', '7d': 'the last 7 days' } as const;

/** What the list of runs is filtered by; all of it stands in the address. */
export const runFiltersSchema = z.object({
  type: optional(typeName),
  not_type: listOf(typeName),
  bucket: optional(z.enum(STATUS_BUCKETS)),
  /** A person's id, `schedule`, `api`, or `me`. */
  initiator: optional(z.string().max(100)),
  reason: optional(
    z
      .string()
      .max(64)
      .regex(/^[a-z][a-z0-9_]*$/),
  ),
  basis: optional(z.enum(TIME_BASES)),
  last: optional(z.enum(['1h', '24h', '7d'])),
  from: optional(time),
  to: optional(time),
  /** Only runs that came to match after this log position: what the bar of new rows leads to. */
  since: optional(z.coerce.number().int().min(0)),
});
export type RunFilters = z.infer<typeof runFiltersSchema>;

/** Milliseconds since 1970 of a day or time in an address; one without a zone is UTC. NaN for anything else. */
export function timeOf(text: string): number {
  if (!DATE.test(text) && !DATE_AND_TIME.test(text)) return Number.NaN;
  return DateTime.fromISO(text.replace(' ', 'T'), { zone: 'utc' }).toMillis();
}

const DAY_MS = 86_400_000;

/** The moment before which a range ends: a day belongs to it whole, so that from and to may name the same day. */
export const endOf = (text: string): number => timeOf(text) + (DATE.test(text) ? DAY_MS : 0);

/** The range as the form's fields take it, in UTC: a browser drops a value that is a day or has a zone. */
export const timeFields = ({ from, to }: RunFilters) => ({
  from: from ? fieldTime(timeOf(from)) : '',
  to: to ? fieldTime(endOf(to)) : '',
});
const fieldTime = (at: number): string => new Date(at).toISOString().slice(0, 19);

/** The time basis in force: for runs that have ended, when they ended, else when they were created. */
export function basisOf(filters: RunFilters): (typeof TIME_BASES)[number] {
  if (filters.basis) return filters.basis;
  const { bucket } = filters;
  return bucket && bucket !== 'queued' && bucket !== 'running' ? 'finished' : 'created';
}

/** The filters as a query string, with some of them replaced; undefined removes one. */
export function queryOf(
  filters: RunFilters,
  changes: Partial<Record<keyof RunFilters, unknown>> = {},
): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries({ ...filters, ...changes })) {
    for (const entry of Array.isArray(value) ? value : [value]) {
      if (entry !== undefined && entry !== null && entry !== '') params.append(key, String(entry));
    }
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

/** A filter as words that remove it when followed. */
export interface FilterChip {
  readonly subject: string;
  readonly value: string;
  readonly withoutIt: string;
}

/** "2026-11-21 14:00 UTC", with seconds where there are any. */
const timeInWords = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 19).replace('T', ' ').replace(/:00$/, '')} UTC`;

/** Filters but the bucket, which the tabs show. `initiatorName` puts a person's name for their id. */
export function chipsOf(filters: RunFilters, initiatorName: (id: string) => string): readonly FilterChip[] {
  const chips: FilterChip[] = [];
  const add = (subject: string, value: string, changes: Partial<Record<keyof RunFilters, unknown>>) =>
    chips.push({ subject, value, withoutIt: queryOf(filters, changes) });
  if (filters.type) add('type is', filters.type, { type: undefined });
  for (const type of filters.not_type) {
    add('type is not', type, { not_type: filters.not_type.filter((other) => other !== type) });
  }
  if (filters.initiator) add('started by', initiatorName(filters.initiator), { initiator: undefined });
  if (filters.reason) add('reason is', filters.reason, { reason: undefined });
  const basis = basisOf(filters);
  if (filters.last) add(`${basis} in`, PERIOD_LABELS[filters.last], { last: undefined });
  if (filters.from) add(`${basis} from`, timeInWords(timeOf(filters.from)), { from: undefined });
  if (filters.since !== undefined) add('came after', formatPosition(filters.since), { since: undefined });
  if (filters.to) add(`${basis} before`, timeInWords(endOf(filters.to)), { to: undefined });
  return chips;
}

/** Whether anything but type and bucket is filtered by: counters know only those two. */
export const countersApply = (filters: RunFilters): boolean =>
  !(filters.initiator || filters.reason || filters.last || filters.from || filters.to || filters.since);

/** In words, for a page's title. */
export const bucketTitle = (filters: RunFilters): string =>
  filters.bucket ? `${BUCKET_LABELS[filters.bucket]} operations` : 'Operations';
