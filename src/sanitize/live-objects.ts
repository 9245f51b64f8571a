/** The content of a live object, as far as it can be read safely. */
export type Content =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'replaced'; readonly value: unknown }
  | { readonly kind: 'list'; readonly items: readonly unknown[]; readonly isCut: boolean }
  | {
      readonly kind: 'record';
      readonly entries: ReadonlyArray<readonly [string, unknown]>;
      readonly isCut: boolean;
    };

const UNREADABLE = '[unreadable]';

/** Fields of errors that can't be enumerated. */
const ERROR_FIELDS = ['name', 'message', 'code', 'cause', 'errors'] as const;

/** A stack repeats the message and contains file names, so only the logger adds it. */
const LEFT_OUT_OF_ERRORS = new Set<string>(['stack']);

/**
 * The fields of a fetch answer or request that are safe to read; its body is a stream, and its getters are inherited.
 */
const MESSAGE_FIELDS = [
  'method',
  'url',
  'status',
  'statusText',
  'ok',
  'redirected',
  'type',
  'headers',
] as const;

/**
 * Reads up to `entriesMax` entries of an object. Getters are called; when they or a proxy throw, the value becomes
 * `[unreadable]`. Never throws.
 */
export function readEntries(value: object, entriesMax: number): Content {
  try {
    return readKnown(value, entriesMax) ?? readRecord(value, entriesMax);
  } catch {
    return { kind: 'text', text: UNREADABLE };
  }
}

function readKnown(value: object, entriesMax: number): Content | undefined {
  if (Array.isArray(value)) return readArray(value, entriesMax);
  if (isBytes(value)) return { kind: 'bytes' };
  if (value instanceof Error) return readError(value, entriesMax);
  if (value instanceof Date)
    return { kind: 'text', text: Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString() };
  if (value instanceof RegExp || value instanceof URL) return { kind: 'text', text: String(value) };
  if (value instanceof Map) return readPairs(value, entriesMax);
  if (value instanceof Set) return readIterable(value, value.size, entriesMax);
  if (value instanceof Headers || value instanceof FormData) return readPairs(value, entriesMax);
  // Written as a query, so that the rules for addresses remove all of it.
  if (value instanceof URLSearchParams) return { kind: 'text', text: `/?${value}` };
  if (value instanceof Request || value instanceof Response)
    return {
      kind: 'record',
      entries: MESSAGE_FIELDS.map((key) => [key, read(value, key)] as const),
      isCut: false,
    };
  if (value instanceof String || value instanceof Number || value instanceof Boolean)
    return { kind: 'replaced', value: value.valueOf() };
  if (
    value instanceof Promise ||
    value instanceof WeakMap ||
    value instanceof WeakSet ||
    value instanceof WeakRef
  )
    return { kind: 'text', text: Object.prototype.toString.call(value) };
  return readSelfDescribed(value);
}

function isBytes(value: object): boolean {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
    return true;
  if (value instanceof Blob) return true;
  return read(value, 'type') === 'Buffer' && Array.isArray(read(value, 'data'));
}

/** Dates, and decimals of libraries, have a JSON form of their own. */
function readSelfDescribed(value: object): Content | undefined {
  const toJson = read(value, 'toJSON');
  if (typeof toJson !== 'function') return undefined;
  const json: unknown = Reflect.apply(toJson, value, ['']);
  return json === value ? undefined : { kind: 'replaced', value: json };
}

function readError(error: Error, entriesMax: number): Content {
  const keys = new Set<string>(ERROR_FIELDS.filter((key) => read(error, key) !== undefined));
  for (const key of Object.keys(error)) if (!LEFT_OUT_OF_ERRORS.has(key)) keys.add(key);
  return readFields(error, [...keys], entriesMax);
}

function readRecord(value: object, entriesMax: number): Content {
  // JavaScript has no cheaper way to get an object's first keys, even if it has a million of them.
  return readFields(value, Object.keys(value), entriesMax);
}

function readFields(value: object, keys: readonly string[], entriesMax: number): Content {
  const entries = keys.slice(0, entriesMax).map((key) => [key, read(value, key)] as const);
  return {
    kind: 'record',
    entries: entries.filter(([, field]) => field !== undefined),
    isCut: keys.length > entriesMax,
  };
}

function read(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key);
  } catch {
    return UNREADABLE;
  }
}

function readArray(list: readonly unknown[], entriesMax: number): Content {
  const length = Math.min(list.length, entriesMax);
  const items: unknown[] = [];
  for (let i = 0; i < length; i++) items.push(read(list, String(i)));
  return { kind: 'list', items, isCut: list.length > entriesMax };
}

function readIterable(values: Iterable<unknown>, size: number, entriesMax: number): Content {
  const items: unknown[] = [];
  for (const item of values) {
    if (items.length >= entriesMax) break;
    items.push(item);
  }
  return { kind: 'list', items, isCut: size > entriesMax };
}

/** Names and values as a record. A repeated name keeps all its values. */
function readPairs(pairs: Iterable<readonly [unknown, unknown]>, entriesMax: number): Content {
  const record = new Map<string, unknown>();
  let count = 0;
  for (const [name, entry] of pairs) {
    if (count++ >= entriesMax) break;
    const key = nameOf(name);
    const known = record.get(key);
    record.set(key, known === undefined ? entry : [...(Array.isArray(known) ? known : [known]), entry]);
  }
  return { kind: 'record', entries: [...record], isCut: count > entriesMax };
}

function nameOf(name: unknown): string {
  if (typeof name === 'string') return name;
  if (typeof name === 'symbol') return name.description ?? 'symbol';
  return typeof name === 'object' && name !== null ? '[object]' : String(name);
}
