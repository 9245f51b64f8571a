import { isBenignValue } from './benign.js';
import { findInCommandLines } from './command-line.js';
import { createKnownSecrets, type KnownSecrets } from './known-secrets.js';
import { readEntries } from './live-objects.js';
import { mark, type RuleName } from './rules.js';
import { secretNameRule } from './secret-names.js';
import { OUTPUT_CHARACTERS_MAX, sanitizeTextWith } from './text.js';

/** Failures and events need nothing deeper, wider or longer than these limits. */
export const DEPTH_MAX = 32;
export const ENTRIES_PER_LEVEL_MAX = 1000;
const NODES_MAX = 20_000;
export const CHARACTERS_MAX = 262_144;

const CUT = '[cut]';
const CIRCULAR = '[circular]';
const KEY_CHARACTERS_MAX = 256;

interface Walk {
  nodesLeft: number;
  charactersLeft: number;
  readonly open: Set<object>;
  readonly known: KnownSecrets;
}

/** What the surroundings say about a value: its key, and the rule that removes everything below it. */
interface Place {
  readonly key: string;
  readonly hiddenBy: RuleName | undefined;
  readonly depth: number;
  /** The command whose arguments the value lists, if a field beside it names one. */
  readonly program?: string | undefined;
  /** The rules of a table's columns, if the value lists its rows or is one of them. */
  readonly columns?: Columns | undefined;
}

type Columns = ReadonlyArray<RuleName | undefined>;

/**
 * Returns plain JSON without secrets. It accepts live objects: errors (name, message, causes, aggregates and own
 * fields; no stack), maps, sets, headers, URLs, dates, bytes, circular and very deep or wide structures, throwing
 * getters and proxies. Bytes, and strings under a secret's name, are replaced as a whole. Sanitizing a result changes
 * nothing. Never throws.
 */
export function sanitizeValue(value: unknown): unknown {
  const known = createKnownSecrets();
  const first = walkThrough(value, known);
  // What stands beside a secret may repeat it before its name is met, so the result is read once more.
  return known.isEmpty() ? first : walkThrough(first, known);
}

/** The secrets that an error or object has under their names, or in its texts. */
export function secretsIn(value: unknown): KnownSecrets {
  const known = createKnownSecrets();
  walkThrough(value, known);
  return known;
}

function walkThrough(value: unknown, known: KnownSecrets): unknown {
  const walk: Walk = { nodesLeft: NODES_MAX, charactersLeft: CHARACTERS_MAX, open: new Set(), known };
  return visit(value, { key: '', hiddenBy: undefined, depth: 0 }, walk);
}

function visit(value: unknown, place: Place, walk: Walk): unknown {
  if (walk.nodesLeft-- <= 0 || walk.charactersLeft <= 0) return CUT;
  switch (typeof value) {
    case 'string':
      return visitText(value, place, walk);
    case 'number':
      if (place.hiddenBy && hidesNumber(place.hiddenBy, value)) return mark(place.hiddenBy);
      // A reader of the JSON would round an integer beyond 2^53.
      return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
        ? value
        : String(value);
    case 'boolean':
      return value;
    case 'bigint':
      return place.hiddenBy ? mark(place.hiddenBy) : String(value);
    case 'undefined':
      return null;
    case 'symbol':
      return visitText(value.description ?? '', place, walk);
    case 'function':
      return '[function]';
    case 'object':
      return value === null ? null : visitObject(value, place, walk);
  }
}

/** Counts such as `tokens: 512` and `secrets: 120` are kept; a number named password or code is hidden. */
function hidesNumber(rule: RuleName, value: number): boolean {
  const digits = String(Math.abs(value)).replace(/\D/g, '').length;
  // 0 and 1 mean off and on.
  if (rule === 'password' || rule === 'wifi-key' || rule === 'device-code') return Math.abs(value) > 1;
  return digits >= (rule === 'token' ? 7 : 4);
}

function visitText(text: string, place: Place, walk: Walk): string {
  if (place.hiddenBy && !isBenignValue(text)) {
    if (/^\[redacted:[a-z0-9-]+\]$/.test(text)) return sanitizeTextWith(text, {});
    walk.known.add(text, place.hiddenBy);
    return mark(place.hiddenBy);
  }
  const clean = sanitizeTextWith(text, {
    nameBefore: place.key,
    known: walk.known,
    charactersMax: Math.min(OUTPUT_CHARACTERS_MAX, walk.charactersLeft),
  });
  walk.charactersLeft -= clean.length;
  return clean;
}

function visitObject(value: object, place: Place, walk: Walk): unknown {
  if (walk.open.has(value)) return CIRCULAR;
  if (place.depth >= DEPTH_MAX) return CUT;
  walk.open.add(value);
  try {
    const content = readEntries(value, ENTRIES_PER_LEVEL_MAX);
    switch (content.kind) {
      case 'text':
        return visitText(content.text, place, walk);
      case 'bytes':
        return mark('binary');
      case 'replaced':
        return visit(content.value, { ...place, depth: place.depth + 1 }, walk);
      case 'list':
        return visitList(content.items, content.isCut, place, walk);
      case 'record':
        return visitRecord(content.entries, content.isCut, place, walk);
    }
  } finally {
    walk.open.delete(value);
  }
}

function visitList(items: readonly unknown[], isCut: boolean, place: Place, walk: Walk): unknown[] {
  const result: unknown[] = [];
  const secretArguments = argumentsThatAreSecret(items, place.program);
  for (const [index, item] of items.entries()) {
    if (walk.nodesLeft <= 0) break;
    const hiddenBy =
      place.hiddenBy ??
      ruleOfNeighbour(items, index) ??
      (typeof item === 'object' ? undefined : place.columns?.[index]) ??
      (secretArguments.has(index) ? 'password' : undefined);
    const columns = typeof item === 'object' ? place.columns : undefined;
    result.push(visit(item, { key: place.key, hiddenBy, depth: place.depth + 1, columns }, walk));
  }
  if (isCut || result.length < items.length) result.push(CUT);
  return result;
}

const ARGUMENTS_MAX = 64;
const ARGUMENT_CHARACTERS_MAX = 1000;
const NO_ARGUMENTS: ReadonlySet<number> = new Set();

/** A list of texts may be a command's arguments, where a secret is recognised by its place or by a short flag. */
function argumentsThatAreSecret(items: readonly unknown[], program?: string): ReadonlySet<number> {
  if (items.length < 2 || items.length > ARGUMENTS_MAX) return NO_ARGUMENTS;
  const starts: number[] = [];
  let line = program ? `${program} ` : '';
  for (const item of items) {
    if (typeof item !== 'string' || item.length > ARGUMENT_CHARACTERS_MAX) return NO_ARGUMENTS;
    starts.push(line.length);
    // A blank inside an argument would look like the beginning of the next one.
    line += `${item.replace(/\s/g, '_')} `;
  }
  const found = new Set<number>();
  findInCommandLines(line, ({ start }) => found.add(starts.findLastIndex((at) => at <= start)));
  return found;
}

/** Flags and raw headers are lists in which a name is followed by its value. */
function ruleOfNeighbour(items: readonly unknown[], index: number): RuleName | undefined {
  const name = items[index - 1];
  if (typeof name !== 'string' || typeof items[index] !== 'string') return undefined;
  const isFlag = /^-{1,2}[a-z][\w-]*$/i.test(name) && !String(items[index]).startsWith('-');
  const isHeader =
    /^(?:proxy-)?authorization$|^(?:set-)?cookie$|^x-[\w-]+$|^ocp-apim-[\w-]+$|^api-?key$/i.test(name);
  const isPair = items.length === 2 && index === 1;
  return isFlag || isHeader || isPair ? secretNameRule(name) : undefined;
}

function visitRecord(
  entries: ReadonlyArray<readonly [string, unknown]>,
  isCut: boolean,
  place: Place,
  walk: Walk,
): Record<string, unknown> {
  const result = new Map<string, unknown>();
  const claimOnValue = ruleOfDescribedValue(entries);
  const program = entries.find(
    ([key, field]) => PROGRAM_KEY.test(key) && typeof field === 'string' && !/\s/.test(field),
  )?.[1];
  const columns = columnsOf(entries);
  for (const [key, value] of entries) {
    if (walk.nodesLeft <= 0) break;
    const own = secretNameRule(key);
    const described = claimOnValue && isValueKey(key) ? claimOnValue : undefined;
    const hiddenBy = own ?? described ?? (KEPT_KEY.test(key) ? undefined : place.hiddenBy);
    const cleanKey = uniqueKey(
      sanitizeTextWith(key, { known: walk.known, charactersMax: KEY_CHARACTERS_MAX }),
      result,
    );
    walk.charactersLeft -= cleanKey.length;
    result.set(
      cleanKey,
      visit(
        value,
        {
          key,
          hiddenBy,
          depth: place.depth + 1,
          program: ARGUMENTS_KEY.test(key) && typeof program === 'string' ? program.slice(-64) : undefined,
          columns: ROWS_KEY.test(key) ? columns : undefined,
        },
        walk,
      ),
    );
  }
  if (isCut || result.size < entries.length) result.set(uniqueKey(CUT, result), CUT);
  // Unlike an assignment, this makes an own property of `__proto__` too.
  return Object.fromEntries(result);
}

const PROGRAM_KEY = /^(?:spawnfile|command|cmd|file|program|executable|path)$/i;
const ARGUMENTS_KEY = /^(?:args?|argv|arguments|spawnargs|argumentList)$/i;

const VALUE_KEY =
  /^(?:values?|val|string|content|data|text|valueJson|(?:plainText|string|int|number|secret|default|current|old|new|previous)Value|simpleSetting(?:Collection)?Value|before|after)$/i;

/** Whether another field of an object may name the value under this key, as `name` names `value`. */
export const isValueKey = (key: string): boolean => VALUE_KEY.test(key) || TYPED_VALUE_KEY.test(key);

/** `valueString`, `appConfigKeyValue`, `presentationValues`, but no limits such as `maximumValue`. */
const TYPED_VALUE_KEY =
  /^value_?(?:[A-Z]\w{0,24}|string|int|integer|bool|text)$|^(?!(?:has|is|min|max|allowed|possible|valid|range))\w{0,40}(?:[a-z\d]V|_v)alues?$/;

const DESCRIBING_KEY =
  /^(?:name|field|header|omaUri|locUri|(?:setting)?DefinitionId|id|label|property|path|parameter|setting(?:Name)?)$|^[a-z]{0,24}(?:key|name|label)$/i;

/** Whether the text under this key may name the value beside it. */
export const isDescribingKey = (key: string): boolean => DESCRIBING_KEY.test(key);

/** Objects that describe the setting whose value is beside them. */
const DEFINITION_KEY = /^(?:definition|presentation|setting|parameter|property|schema)$/i;

/** Whether a key, or its value, can be the reason to hide a value under the key or beside it. */
export const mayHideValue = (key: string): boolean =>
  [
    PROGRAM_KEY,
    ARGUMENTS_KEY,
    VALUE_KEY,
    TYPED_VALUE_KEY,
    DESCRIBING_KEY,
    DEFINITION_KEY,
    COLUMNS_KEY,
    ROWS_KEY,
    /^@odata\.type$/,
  ].some((pattern) => pattern.test(key));

/** Fields below a secret's name that say when and which; they are kept. */
const KEPT_KEY =
  /(?:^|[a-z_-])(?:id|name|type|at|time|date|datetime|expiry|expires|expiresin|count|status|hint|usage|keyid)$|^@odata\./i;

/**
 * In `{ name: 'password', value: … }` one field names the content of the other. A definition in an object of its own
 * (`presentation: { label: 'Proxy password' }`) does the same.
 */
function ruleOfDescribedValue(
  entries: ReadonlyArray<readonly [string, unknown]>,
  isDefinition = false,
): RuleName | undefined {
  for (const [key, value] of entries) {
    if (typeof value === 'string') {
      if (key === '@odata.type' && /secret/i.test(value)) return 'secret';
      const rule = DESCRIBING_KEY.test(key) ? secretNameRule(value) : undefined;
      if (rule) return rule;
    } else if (!isDefinition && typeof value === 'object' && value !== null && DEFINITION_KEY.test(key)) {
      const content = readEntries(value, ENTRIES_PER_LEVEL_MAX);
      const rule = content.kind === 'record' ? ruleOfDescribedValue(content.entries, true) : undefined;
      if (rule) return rule;
    }
  }
  return undefined;
}

const COLUMNS_KEY = /^(?:columns?|columnNames|fields|headers?|names|schema)$/i;
const ROWS_KEY = /^(?:rows|values|data|records|tuples|parameters)$/i;

/** The rules of the columns that a record names beside its rows: `{ columns: ['user', 'password'], rows: [[…]] }`. */
function columnsOf(entries: ReadonlyArray<readonly [string, unknown]>): Columns | undefined {
  for (const [key, value] of entries) {
    if (!COLUMNS_KEY.test(key) || typeof value !== 'object' || value === null) continue;
    const content = readEntries(value, ENTRIES_PER_LEVEL_MAX);
    const rules = content.kind === 'list' ? content.items.map(ruleOfColumn) : [];
    if (rules.some(Boolean)) return rules;
  }
  return undefined;
}

/** A column is named by a text or by an object with its name. */
function ruleOfColumn(column: unknown): RuleName | undefined {
  if (typeof column === 'string') return secretNameRule(column);
  if (typeof column !== 'object' || column === null) return undefined;
  const content = readEntries(column, ENTRIES_PER_LEVEL_MAX);
  const name =
    content.kind === 'record' ? content.entries.find(([key]) => COLUMN_NAME_KEY.test(key))?.[1] : undefined;
  return typeof name === 'string' ? secretNameRule(name) : undefined;
}

const COLUMN_NAME_KEY = /^(?:name|column|columnName|field|label)$/i;

/** Makes a key unique, because two keys may become equal when their secrets are removed. */
function uniqueKey(key: string, taken: ReadonlyMap<string, unknown>): string {
  let candidate = key;
  for (let n = 2; taken.has(candidate); n++) candidate = `${key} (${n})`;
  return candidate;
}
