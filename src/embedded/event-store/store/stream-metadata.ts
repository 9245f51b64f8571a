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

/** Reads the data of a `$metadata` event. Unknown or wrong fields are ignored. */
export function parseStreamMetadata(data: Buffer): StreamMetadata {
  const fields = parseObject(data);
  const truncateBefore = wholeNumber(fields.$tb);
  const maxAge = wholeNumber(fields.$maxAge);
  const maxCount = wholeNumber(fields.$maxCount);
  return {
    maxCount: maxCount !== undefined && maxCount > 0 ? maxCount : undefined,
    maxAgeMs: maxAge !== undefined && maxAge > 0 ? maxAge * 1000 : undefined,
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
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

function wholeNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
}
