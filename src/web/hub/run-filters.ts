import { z } from 'zod';
import { STATUS_BUCKETS, type StatusBucket } from '../../runs/status-bucket.js';
import { optionalField } from '../optional-field.js';
import { parseTime } from './filter-times.js';

const VALUES_MAX = 20;
const typeName = z
  .string()
  .max(80)
  .regex(/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/, 'Write a type as drift.generate');
const reasonCode = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9_]*$/, 'Write a reason code as graph_forbidden');
const initiator = z.string().max(100);
const time = z
  .string()
  .max(40)
  .refine(
    (text) => !Number.isNaN(parseTime(text, 'utc')),
    'Write a day as 2026-11-21, or a time as 2026-11-21T14:00 or 2026-11-21T14:00+01:00',
  );

const listOf = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => {
    const list = value === undefined ? [] : Array.isArray(value) ? value : [value];
    return [...new Set(list.filter((entry) => entry !== ''))];
  }, z.array(schema).max(VALUES_MAX));

export const TIME_BASES = ['created', 'started', 'finished'] as const;
export const LAST_PERIODS = { '1h': 3_600_000, '24h': 86_400_000, '7d': 604_800_000 } as const;
export const RUN_SORTS = ['newest', 'oldest', 'started', 'finished', 'longest'] as const;
export type RunSort = (typeof RUN_SORTS)[number];

/** The filters of the list of runs. All of them are in the address. Several values of one filter mean any of them. */
export const runFiltersSchema = z.object({
  type: listOf(typeName),
  not_type: listOf(typeName),
  bucket: listOf(z.enum(STATUS_BUCKETS)),
  /** Ids of persons, schedules and API clients, `schedule` or `api` for all of a kind, or `me`. */
  initiator: listOf(initiator),
  not_initiator: listOf(initiator),
  reason: listOf(reasonCode),
  not_reason: listOf(reasonCode),
  /** Words in the id, type, title, scope or context. */
  q: optionalField(z.string().max(200)),
  basis: optionalField(z.enum(TIME_BASES)),
  last: optionalField(z.enum(['1h', '24h', '7d'])),
  from: optionalField(time),
  to: optionalField(time),
  /** Only runs that began to match after this log position. The bar of new rows links to them. */
  since: optionalField(z.coerce.number().int().min(0)),
  sort: optionalField(z.enum(RUN_SORTS)),
});
export type RunFilters = z.infer<typeof runFiltersSchema>;
export type RunFilterName = keyof RunFilters;

export const NO_FILTERS: RunFilters = runFiltersSchema.parse({});

const ENDED: readonly StatusBucket[] = ['succeeded', 'partially_succeeded', 'failed'];

/** The time that ranges are about: the end of ended runs, otherwise the creation, unless the filters choose another. */
export function basisOf({ basis, bucket }: RunFilters): (typeof TIME_BASES)[number] {
  if (basis) return basis;
  return bucket.length > 0 && bucket.every((one) => ENDED.includes(one)) ? 'finished' : 'created';
}

/** Whether the filters limit the time. */
export const hasTimeRange = ({ last, from, to }: RunFilters): boolean =>
  last !== undefined || from !== undefined || to !== undefined;

/**
 * The order of the list. A list with a time range is ordered by the time of that range, so that one index serves both.
 */
export function sortOf(filters: RunFilters): RunSort {
  if (filters.sort) return filters.sort;
  if (!hasTimeRange(filters)) return 'newest';
  const basis = basisOf(filters);
  return basis === 'created' ? 'newest' : basis;
}

/** A filter of an address that can't be used, and the reason. */
export interface WrongFilter {
  readonly name: string;
  readonly value: string;
  readonly issue: z.core.$ZodIssue;
}

/** Reads each filter alone. Filters that can't be used are left out and reported. */
export function readFilters(raw: Readonly<Record<string, unknown>>): {
  readonly filters: RunFilters;
  readonly wrong: readonly WrongFilter[];
} {
  const wrong: WrongFilter[] = [];
  const read: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(runFiltersSchema.shape)) {
    const parsed = schema.safeParse(raw[name]);
    if (parsed.success) read[name] = raw[name];
    else {
      const [issue] = parsed.error.issues;
      if (issue) wrong.push({ name, value: String(raw[name] ?? ''), issue });
    }
  }
  return { filters: runFiltersSchema.parse(read), wrong };
}

/** Whether the filters are only type and bucket, by which the counters count. */
export const countersApply = (filters: RunFilters): boolean =>
  !hasTimeRange(filters) && knownByOutcome(filters) && filters.since === undefined;

/** Whether the filters are only type, bucket and time, by which the counts by time count. */
export const knownByOutcome = ({
  initiator,
  not_initiator,
  reason,
  not_reason,
  q,
  since,
}: RunFilters): boolean =>
  [initiator, not_initiator, reason, not_reason].every((values) => values.length === 0) &&
  q === undefined &&
  since === undefined;
