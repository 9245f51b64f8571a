import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** A value that JSON, jsonb and every other reader of the log read in the same way. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** The value can't be stored in the log. `path` is its place in the event's data. */
export class UnstorableValueError extends Error {
  override readonly name = 'UnstorableValueError';
  constructor(
    readonly path: string,
    problem: string,
  ) {
    super(`${path} ${problem}`);
  }
}

const DEPTH_MAX = 100;

/**
 * Throws UnstorableValueError for values that jsonb or RFC 8785 can't represent: U+0000, lone surrogates, BigInt,
 * non-finite numbers, integers beyond 2^53, `undefined` inside lists, functions, and nesting over 100 deep. Such an
 * event would stop every projection and could never be removed from the log.
 */
export function assertStorable(value: unknown, path = 'data', depth = 0): asserts value is Json {
  if (depth > DEPTH_MAX) throw new UnstorableValueError(path, `is nested deeper than ${DEPTH_MAX} levels`);
  switch (typeof value) {
    case 'string':
      return assertStorableText(value, path);
    case 'boolean':
      return;
    case 'number':
      if (!Number.isFinite(value)) throw new UnstorableValueError(path, 'is not a finite number');
      if (Number.isInteger(value) && !Number.isSafeInteger(value))
        throw new UnstorableValueError(path, 'is an integer beyond 2^53; store it as text');
      return;
    case 'object':
      if (value === null) return;
      if (Array.isArray(value)) {
        value.forEach((entry, index) => {
          assertStorable(entry, `${path}[${index}]`, depth + 1);
        });
        return;
      }
      for (const [key, entry] of Object.entries(value)) {
        assertStorableText(key, `a key of ${path}`);
        if (entry !== undefined) assertStorable(entry, `${path}.${key}`, depth + 1);
      }
      return;
    default:
      throw new UnstorableValueError(path, `is a ${typeof value}, which JSON can't carry`);
  }
}

function assertStorableText(text: string, path: string): void {
  if (text.includes('\u0000')) throw new UnstorableValueError(path, 'contains U+0000');
  if (!text.isWellFormed()) throw new UnstorableValueError(path, 'contains a lone surrogate');
}

/** A storable value as RFC 8785 (JSON Canonicalization Scheme) writes it. */
export function canonicalJson(value: unknown): string {
  // JSON.stringify already writes strings and numbers as RFC 8785, 3.2.2 asks; only the order of keys can differ.
  const text = isInOrder(value) ? JSON.stringify(value) : canonicalize(value as never);
  if (text === undefined) throw new UnstorableValueError('value', 'has no JSON form');
  return text;
}

/** Whether a value is plain JSON whose keys are already in canonical order at every level. */
function isInOrder(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      if (value === null) return true;
      if (Array.isArray(value)) return value.every(isInOrder);
      return !('toJSON' in value) && hasKeysInOrder(value as Readonly<Record<string, unknown>>);
    default:
      return false;
  }
}

function hasKeysInOrder(value: Readonly<Record<string, unknown>>): boolean {
  let before: string | undefined;
  for (const key of Object.keys(value)) {
    if ((before !== undefined && key < before) || !isInOrder(value[key])) return false;
    before = key;
  }
  return true;
}

/** Lower-case hex SHA-256 of a text (UTF-8) or bytes. */
export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex');
}
