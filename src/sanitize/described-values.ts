import { isBenignValue } from './benign.js';
import { addFurtherValues } from './key-value.js';
import { matchesOf } from './matches-of.js';
import { isSecretName, secretNameRule } from './secret-names.js';
import { readSecretValue } from './secret-value.js';
import type { Span } from './span.js';

/** A field with the name of a value that is in another field of the entry: `name: DB_PASSWORD`, `<key>pin</key>`. */
const NAMING_FIELD =
  /(?<![\w-])((?:[A-Za-z]{1,24}(?=Key["':=\s]|Name["':=\s]|Label["':=\s]))?name|(?:[A-Za-z]{1,24})?key|setting|variable|field|type|id|label|property|parameter|display_?name|oma_?uri|loc_?uri|setting_?definition_?id)(?:["'`]?\s{0,4}[:=]\s{0,4}["'`]?|>)([^\s"'`<>,;{}=][^"'`<>\n,;{}=]{0,160})/gi;

const VALUE_FIELD =
  /(?<![\w/-])(?:(?:(?!has|is|min|max|allowed|possible|valid|range)[a-z]{1,24}_?)?value(?:(?:_?as)?_?(?:string|int|integer|bool|text))?|val|old|new|data|content|text)(?:["'`]?\s{0,4}[:=]\s{0,4}|(?:\s[^<>\n]{1,80})?>)/gi;

/** The end of an entry of a list or an object. */
const ENTRY_END = /\}|\n\s{0,40}-\s|\/>|<\/(?:setting|property|item|entry|add|param|parameter|variable)>/i;
const ENTRY_REACH = 400;

/** Finds the values of entries whose names are in a field of their own, before or after the value. */
export function findDescribedValues(text: string, add: (span: Span) => void): void {
  for (const match of matchesOf(text, NAMING_FIELD)) {
    const rule = secretNameRule(match[2] as string);
    if (!rule) continue;
    const end = match.index + match[0].length;
    const read = (at: number) => {
      const form = text.charAt(at - 1) === '>' ? 'element' : 'sibling';
      const value = readSecretValue(text, at, { rule, form, nameStart: at });
      if (value) add({ ...value, rule });
      return value !== undefined;
    };
    const field = match[1] as string;
    const after = valueFields(entryAfter(text.slice(end, end + ENTRY_REACH), field), end);
    if (after.map(read).includes(true)) continue;
    const from = Math.max(0, match.index - ENTRY_REACH);
    const start = entryStart(text.slice(from, match.index), field);
    const before = valueFields(text.slice(from + start, match.index), from + start);
    if (before.length > 0) read(before.at(-1) as number);
  }
}

/** The rest of the entry, up to its end or to the next entry's field of the same name. */
function entryAfter(following: string, field: string): string {
  const end = following.search(ENTRY_END);
  const entry = end < 0 ? following : following.slice(0, end);
  const again = entry
    .toLowerCase()
    .search(new RegExp(`(?<![\\w/-])${field.toLowerCase()}["'\`]?\\s{0,4}[:=>]`));
  return again < 0 ? entry : entry.slice(0, again);
}

function entryStart(preceding: string, field: string): number {
  const again = preceding.toLowerCase().lastIndexOf(field.toLowerCase());
  return Math.max(
    preceding.lastIndexOf('{') + 1,
    preceding.lastIndexOf('}') + 1,
    preceding.lastIndexOf('\n- ') + 1,
    preceding.lastIndexOf(' - ') + 1,
    preceding.lastIndexOf('<') + 1,
    again < 0 ? 0 : again + field.length,
  );
}

function valueFields(entry: string, offset: number): number[] {
  return [...matchesOf(entry, VALUE_FIELD)].map((match) => offset + match.index + match[0].length);
}

const LONE_NAME =
  /(?<=^|\n)[ \t]{0,8}((?:[A-Za-z$][\w $.()[\]:>\\-]{0,160}[. ])?[A-Za-z][\w -]{1,60})\r?\n(?:[ \t-]{0,40}\r?\n)?[ \t]{0,8}(?=[^\s\d!#$%^&*]{0,64}[\d!#$%^&*])(?=[^\sA-Za-z]{0,64}[A-Za-z])\S{6,128}[ \t]*(?=\r?\n|$)/g;
const LINE = /\n(?:[ \t-]{0,40}\r?\n)?[ \t]*/;

/**
 * Finds the value on the line below a line that has only a secret's name. It is one word with letters and digits,
 * because a state or a rule may stand there as well.
 */
export function findBelowNames(text: string, add: (span: Span) => void): void {
  for (const match of matchesOf(text, LONE_NAME)) {
    const name = match[1] as string;
    const rule = isSecretName(name) ? secretNameRule(name) : undefined;
    const line = LINE.exec(match[0]);
    if (!rule || !line) continue;
    const at = match.index + line.index + line[0].length;
    const value = readSecretValue(text, at, { rule, form: 'sibling', nameStart: match.index });
    if (!value) continue;
    add({ ...value, rule });
    addFurtherValues(text, value.end, { name, rule }, add);
  }
}

const PART_HEAD =
  /content-disposition:[^\n]{0,40}form-data;[^\n]{0,120}?\bname="?([^"\n;]{1,80})"?[^\n]{0,200}\n(?:[\w-]{1,40}:[^\n]{0,200}\n){0,4}[ \t]{0,8}\n/gi;
const PART_REACH = 16_384;

/** Finds the parts of a multipart form that have a secret's name. */
export function findInFormParts(text: string, add: (span: Span) => void): void {
  if (!/form-data/i.test(text)) return;
  for (const match of matchesOf(text, PART_HEAD)) {
    const rule = secretNameRule(match[1] as string);
    if (!rule) continue;
    const start = match.index + match[0].length;
    const rest = text.slice(start, start + PART_REACH);
    const boundary = rest.search(/\n--|\n?content-disposition:|"?$/i);
    const value = rest.slice(0, boundary).trimEnd();
    if (value !== '' && !isBenignValue(value)) add({ start, end: start + value.length, rule });
  }
}

const OPENED = /<(?!\/)(?:[\w-]{1,40}:)?([\w.-]{1,80})(?:\s[^<>]{0,200})?>\s{0,80}(?=<[\w:])/g;
const CHILD = /<([\w:.-]{1,80})(?:\s[^<>]{0,200})?>([^<>]+)</g;
const ELEMENT_REACH = 4096;

/** Elements inside a secret's element that only say what kind of secret it is. */
const DESCRIPTIVE =
  /(?:type|name|id|encoding|format|version|length|user|domain|host|server|url|uri|port|description|protected)$/i;

/** Finds the texts of all elements inside an element with a secret's name: `<Password><Value>…`. */
export function findInNestedElements(text: string, add: (span: Span) => void): void {
  let searched = 0;
  for (const match of matchesOf(text, OPENED)) {
    if (match.index < searched) continue;
    const name = match[1] as string;
    const rule = secretNameRule(name);
    if (!rule) continue;
    const start = match.index + match[0].length;
    const inner = text.slice(start, start + ELEMENT_REACH);
    const closing = inner.indexOf(`${name}>`);
    const content = closing < 0 ? inner : inner.slice(0, closing);
    searched = start + content.length;
    for (const child of matchesOf(content, CHILD)) {
      const value = child[2] as string;
      if (value.trim() === '' || isBenignValue(value.trim()) || DESCRIPTIVE.test(child[1] as string))
        continue;
      const at = start + child.index + child[0].length - 1 - value.length;
      add({ start: at, end: at + value.length, rule });
    }
  }
}
