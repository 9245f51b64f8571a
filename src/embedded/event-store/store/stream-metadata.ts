import { JSON_NUMBER_MAX_INT64 } from './system-names.js';

/** What a stream's metadata says about which events can be read. */
export interface StreamMetadata {
  readonly maxCount: number | undefined;
  readonly maxAgeMs: number | undefined;
  /** Events before this revision are hidden. */
  readonly truncateBefore: number | undefined;
  /** Deleted; the next append opens the stream again. */
  readonly softDeleted: boolean;
}

export const NO_METADATA: StreamMetadata = Object.freeze({
  maxCount: undefined,
  maxAgeMs: undefined,
  truncateBefore: undefined,
  softDeleted: false,
});
/** A metadata stream shows only its newest event. */
export const METASTREAM_METADATA: StreamMetadata = Object.freeze({ ...NO_METADATA, maxCount: 1 });

/** A `$tb` of at least this hides everything and marks a stream as deleted. */
const SOFT_DELETED_FROM = 9.2e18;

/** The lists of an `$acl`, which this server reads only to tell whether the metadata as a whole is valid. */
const ACL_LISTS = new Set(['$r', '$w', '$d', '$mr', '$mw']);
const VALID_VALUES: Readonly<Record<string, (value: unknown) => boolean>> = {
  $maxCount: Number.isInteger,
  $maxAge: Number.isInteger,
  $tb: Number.isInteger,
  $cacheControl: Number.isInteger,
  $tmp: (value) => typeof value === 'boolean',
  $acl: isAcl,
};

/**
 * Reads the data of a `$metadata` event as EventStoreDB does: a reserved key with a value of another type makes the whole
 * metadata count as none, a number out of range counts as absent, and other keys mean nothing.
 */
export function parseStreamMetadata(data: Buffer): StreamMetadata {
  const fields = parseObject(data);
  for (const [key, isValid] of Object.entries(VALID_VALUES))
    if (Object.hasOwn(fields, key) && !isValid(fields[key])) return NO_METADATA;
  const truncateBefore = atLeast(0, fields.$tb);
  const maxAge = atLeast(1, fields.$maxAge);
  return {
    maxCount: atLeast(1, fields.$maxCount),
    maxAgeMs: maxAge && maxAge * 1000,
    truncateBefore,
    softDeleted: truncateBefore !== undefined && truncateBefore >= SOFT_DELETED_FROM,
  };
}

/** The same metadata with another `$tb`; undefined marks the stream as deleted. */
export function withTruncateBefore(data: Buffer, truncateBefore: number | undefined): Buffer {
  const { $tb: _replaced, ...rest } = parseObject(data);
  const others = JSON.stringify(rest).slice(1, -1);
  const tb = `"$tb":${truncateBefore ?? JSON_NUMBER_MAX_INT64}`;
  return Buffer.from(others === '' ? `{${tb}}` : `{${others},${tb}}`);
}

function parseObject(data: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(data.toString('utf8'));
    return isObject(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

function atLeast(least: number, value: unknown): number | undefined {
  return typeof value === 'number' && value >= least ? value : undefined;
}

function isAcl(value: unknown): boolean {
  if (!isObject(value)) return false;
  return Object.entries(value).every(([list, roles]) => ACL_LISTS.has(list) && isRoles(roles));
}

function isRoles(value: unknown): boolean {
  return (
    typeof value === 'string' || (Array.isArray(value) && value.every((role) => typeof role === 'string'))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
