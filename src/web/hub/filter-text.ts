import { STATUS_BUCKETS, type StatusBucket } from '../../runs/status-bucket.js';

/** Reads filters that people type: `type:drift.generate -by:nightly "before 24H2"`. */

/** The words before a colon, with the filter of the address that each one means. */
const QUALIFIERS: ReadonlyMap<string, string> = new Map([
  ['type', 'type'],
  ['reason', 'reason'],
  ['by', 'initiator'],
  ['is', 'bucket'],
  ['state', 'bucket'],
  ['basis', 'basis'],
  ['last', 'last'],
  ['from', 'from'],
  ['to', 'to'],
  ['sort', 'sort'],
]);
export const QUALIFIER_NAMES: readonly string[] = [...QUALIFIERS.keys()];

/** Filters that a minus turns into an exclusion. */
const EXCLUDED: ReadonlyMap<string, string> = new Map([
  ['type', 'not_type'],
  ['reason', 'not_reason'],
  ['initiator', 'not_initiator'],
]);

/** Other words for buckets besides their names. */
const BUCKET_WORDS: ReadonlyMap<string, StatusBucket> = new Map([
  ['partly', 'partially_succeeded'],
  ['waiting', 'queued'],
  ['ok', 'succeeded'],
]);

export interface TypedFilter {
  /** The filter's name in the address. */
  readonly name: string;
  readonly value: string;
  /** The text as it was typed. */
  readonly typed: string;
}

export interface TypedText {
  readonly filters: readonly TypedFilter[];
  /** The other words, which are searched for. */
  readonly words: string;
}

const PART = /(-)?(?:(\p{L}+):)?(?:"([^"]*)"|(\S+))/gu;

/** Splits typed text into filters and words. A text without a known word before its colon counts as words. */
export function readTypedText(text: string): TypedText {
  const filters: TypedFilter[] = [];
  const words: string[] = [];
  for (const [typed, minus, qualifier = '', quoted, plain = ''] of text.matchAll(PART)) {
    const known = QUALIFIERS.get(qualifier.toLowerCase());
    const name = minus ? EXCLUDED.get(known ?? '') : known;
    if (name === undefined) {
      words.push(typed.replaceAll('"', ' ').trim());
      continue;
    }
    const values = quoted === undefined ? plain.split(',') : [quoted];
    for (const value of values)
      if (value !== '') filters.push({ name, value: normalizedValue(name, value), typed });
  }
  return { filters, words: words.join(' ').trim() };
}

function normalizedValue(name: string, value: string): string {
  const text = value.toLowerCase();
  switch (name) {
    case 'bucket':
      return BUCKET_WORDS.get(text) ?? STATUS_BUCKETS.find((bucket) => bucket.startsWith(text)) ?? text;
    case 'from':
    case 'to':
      return value.toUpperCase();
    case 'initiator':
    case 'not_initiator':
      return value;
    default:
      return text;
  }
}
