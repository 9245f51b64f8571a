import { secretBesideName } from './beside-names.js';
import { matchesOf } from './matches-of.js';
import { isPublic, nameAround } from './name-around.js';
import type { RuleName } from './rules.js';
import { secretNameRule } from './secret-names.js';
import { readSecretValue } from './secret-value.js';
import { SECRET_WORD } from './secret-words.js';
import { isOnlyMarks, type Span } from './span.js';

/** `=`, `:`, `=>`, `:=`, `??=` and similar, after a closing quote or bracket of the name and before the value. */
const SEPARATOR =
  /(?:["'`)]{0,2}\s?\])?["'`]?\*{0,2}(?:[ \t]?\([^()\n]{0,30}\))?(?:[ \t]*:?[ \t]*(?:secure)?string(?=[ \t]*=))?[ \t]*(?:\n[ \t]*)?\\?(?::=|=>|={1,3}|(?<=\b[a-z]{3,6})\.:|(?:\?\??|\|\||\+)=|:(?!:)|::(?=[ \t])|\.{4,80}:?(?=[ \t]?[^\s.:])|->|→)(?:\*{2}(?=[ \t]))?[ \t]*(?:\n(?:[ \t]+|[ \t]*(?=-\s|\S+[ \t]*(?:\n|$))|[ \t]*\n[ \t]*(?=\S*\d\S*[ \t]*(?:\n|$))))?/y;

/** `<password>`, also with attributes or a namespace, up to the content. */
const ELEMENT_END = /(?:\s[^<>]{0,200})?>\s*(?:<(?:string|value)>)?/y;

/** `name="password" value="…"` and `"name": "password", "value": "…"`. */
const SIBLING_VALUE =
  /["'`]?(?:[\s,;>]|\/>){1,40}(?:(?:"@odata\.type"|"type"|"isSecret"|type)\s{0,8}[:=]\s{0,8}(?:"[^"]{0,80}"|true|false)[\s,]{0,40})?["'<]?(?:value|val|content|data|plaintextvalue)["'>]?\s{0,8}[:=]?\s{0,8}/iy;

/** The text between the two halves of an entry in an Apple property list or a list of raw headers. */
const NEXT_ENTRY = /<\/key>\s*<(?:string|data|integer)>|["'],\s*(?=["'[])/y;

const PROSE_IS =
  /["'`]?:?\s(?:changed(?= ["'])|(?:now |currently |still )?(?:is|was|are|has been)(?: (?:now|nu|currently|still|set to|changed to|reset to))?|equals|(?:lautet|ist)(?: (?:jetzt|nun|aktuell))?|est|es|är|ar|jest|è|set to|changed to|reset to|to be|changed from)(?:\s?:)?\s/iy;

/** Header names in lists of names and values, where nothing else tells a name from a value. */
const PAIRED_NAME =
  /^-{0,2}(?:proxy-)?(?:authorization|cookie|set-cookie|x-[\w-]+|api-?key|ocp-apim-[\w-]+|-{1,2}[\w-]+)$/i;

/** `<Setting Name="AdminPassword">`, up to the content. */
const NAMED_ELEMENT_END = /["'][^<>]{0,200}(?<!\/)>\s{0,40}(?:<value>)?(?=[^<\s])/y;

type Form = 'assignment' | 'element' | 'sibling' | 'entry' | 'flag' | 'prose' | 'quoted';

/** Finds the values after names of secrets in every form of writing the two together. */
export function findNamedSecrets(text: string, add: (span: Span) => void): void {
  let searched = 0;
  for (const match of matchesOf(text, SECRET_WORD)) {
    if (match.index < searched) continue;
    const name = nameAround(text, match);
    if (!name) continue;
    searched = name.end;
    // A user name in an address may look like a secret's name (`x-access-token:…@host`); `address-rules.ts` handles
    // it.
    if (text.startsWith('//', name.start - 2)) continue;
    // A variable of a shell with an empty default: `${DB_PASSWORD:-}`.
    if (text.startsWith('${', name.start - 2) && /^:?[-=?+]\}/.test(text.slice(name.end, name.end + 3)))
      continue;
    // A file in a message about it: `/etc/ssl/server.key: permission denied`.
    if (/[\\/]/.test(text.charAt(name.start - 1)) && isFile(text, name)) continue;
    const rule = secretNameRule(text.slice(name.start, name.end));
    if (!rule || isPublic(text, name.start)) continue;
    const value = findValue(text, name.start, name.end, rule);
    if (!value || isPassedOn(text, name, value) || isNextName(text, value)) continue;
    if (!isOnlyMarks(text.slice(value.start, value.end))) add({ ...value, rule });
    // A value that contains another secret name is already removed, so the search continues after it.
    searched = addFurtherValues(text, value.end, { name: text.slice(name.start, name.end), rule }, add);
  }
}

/** Whether what follows a name is the name of the next field: `auth:` above `password: …`, `salt: mysql.pass: …`. */
function isNextName(text: string, { start, end }: { start: number; end: number }): boolean {
  const word = text.slice(start, end);
  return /[:=]/.test(text.charAt(end)) && /^[\w.-]+$/.test(word) && secretNameRule(word) !== undefined;
}

/** An argument that passes a variable of the same name on: `connect(password=password)`. */
function isPassedOn(
  text: string,
  name: { start: number; end: number },
  value: { start: number; end: number },
): boolean {
  if (text.slice(name.start, name.end) !== text.slice(value.start, value.end)) return false;
  return text.charAt(name.end) === '=' && /[,)]/.test(text.charAt(value.end));
}

/** What systems say of a file after its path. */
const ABOUT_FILE =
  /["']?: (?:permission denied|no such file|not a (?:file|directory)|access is denied|file (?:not|too)|is a directory|input\/output)/iy;

function isFile(text: string, name: { start: number; end: number }): boolean {
  const isAssigned = /^[:=]\S/.test(text.slice(name.end, name.end + 2));
  return (
    (/\.\w+$/.test(text.slice(name.start, name.end)) && !isAssigned) ||
    matchAt(ABOUT_FILE, text, name.end) >= 0
  );
}

/** The text between the old value of a secret and the new one. */
const CHANGED_TO = /["'`]?\s{0,3}(?:->|=>|→|\bto\b|\bbut (?:got|was|found)\b|, (?:got|actual))\s{1,3}/y;
const NEXT_IN_LIST =
  /["'`]?(?:[,;]\s{0,2}|[ \t]{0,4}\n[ \t]{0,8}(?:[-*][ \t]|\d{1,2}[.)][ \t])?(?=\S{6,64}[ \t]*(?:\n|$)))(?=["'`]?[^\s,;:="'`]{3,64}["'`]?(?:[,;\s]|$))/y;
const VALUES_MAX = 32;

/** Adds further values after a value: the new one after an old one, or more codes of a list. */
export function addFurtherValues(
  text: string,
  from: number,
  named: { readonly name: string; readonly rule: RuleName },
  add: (span: Span) => void,
): number {
  let end = from;
  const isList = /(?:s|codes)$/i.test(named.name) && named.rule !== 'cookie';
  for (let count = 0; count < VALUES_MAX; count++) {
    const changed = matchAt(CHANGED_TO, text, end);
    const at = changed >= 0 ? changed : isList ? matchAt(NEXT_IN_LIST, text, end) : -1;
    if (at < 0) return end;
    const context = { rule: named.rule, form: 'assignment', nameStart: at } as const;
    const value = readSecretValue(text, at, context);
    if (!value || !/\d/.test(text.slice(value.start, value.end))) return end;
    if (!isOnlyMarks(text.slice(value.start, value.end))) add({ ...value, rule: named.rule });
    end = value.end;
  }
  return end;
}

/** A mapping below a secret's name may contain the value: `password:` and on the next line `value: …`. */
const MAPPED_VALUE = /["']?(?:value|val|data|content|text|plain_?text)["']?[ \t]*[:=][ \t]*/iy;

/** A name with dots at the beginning of a line, a blank, and one value up to the line's end. */
const PROPERTY = /[ \t]+(?=[^\s=:]\S*[ \t]*(?:\n|$))/y;

function matchAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

function findValue(
  text: string,
  start: number,
  end: number,
  rule: RuleName,
): { start: number; end: number } | undefined {
  const name = text.slice(start, end);
  const before = text.charAt(start - 1);
  const unexpected =
    rule === 'token' && /(?:un)?expected\s+["']?$/i.test(text.slice(Math.max(0, start - 14), start));
  const forms: Array<[Form, number]> = [];
  if (before === '<' || (before === ':' && /<[\w-]+:$/.test(text.slice(Math.max(0, start - 40), start))))
    forms.push(['element', matchAt(ELEMENT_END, text, end)]);
  if (/["']/.test(before) && /=\s?["']$/.test(text.slice(Math.max(0, start - 3), start)))
    forms.push(['element', matchAt(NAMED_ELEMENT_END, text, end)]);
  const assigned = matchAt(SEPARATOR, text, end);
  const mapped =
    assigned >= 0 && text.charAt(assigned - 1) !== ':' ? matchAt(MAPPED_VALUE, text, assigned) : -1;
  if (mapped >= 0) forms.push(['sibling', mapped]);
  forms.push(['assignment', assigned]);
  const isInPath = before === '/' && text.charAt(end) === '/';
  if (/["'=>/]/.test(before) && !isInPath) forms.push(['sibling', matchAt(SIBLING_VALUE, text, end)]);
  if (before === '>' || PAIRED_NAME.test(name) || isPair(text, start))
    forms.push(['entry', matchAt(NEXT_ENTRY, text, end)]);
  forms.push(['prose', matchAt(/["'`]?\t+/y, text, end)]);
  if (/\w\.\w/.test(name) && (start === 0 || before === '\n'))
    forms.push(['sibling', matchAt(PROPERTY, text, end)]);
  if (isFlag(text, start, name)) forms.push(['flag', matchAt(/["']?[ \t]+/y, text, end)]);
  if (
    rule === 'password' ||
    rule === 'wifi-key' ||
    rule === 'secret' ||
    rule === 'key' ||
    (rule === 'otp' && !/seed/i.test(name)) ||
    rule === 'device-code'
  )
    forms.push(['prose', matchAt(PROSE_IS, text, end)]);
  if (['password', 'token', 'secret', 'otp', 'key', 'wifi-key', 'device-code'].includes(rule))
    forms.push(['quoted', matchAt(/\s+(?:(?:to|as|of)\s+)?(?=["'`])/y, text, end)]);
  for (const [form, at] of forms) {
    if (at < 0 || (unexpected && form !== 'element')) continue;
    const value = readSecretValue(text, at, { rule, form, nameStart: start });
    // In shells PWD is the working directory.
    if (value && /^(?:old)?pwd$/i.test(name) && text.charAt(value.start) === '/') return undefined;
    if (value) return value;
  }
  return rule === 'password' || rule === 'wifi-key' ? secretBesideName(text, end) : undefined;
}

/** True for the first of the entries of a list of lists: `[["password", …], …]`. */
function isPair(text: string, start: number): boolean {
  return /(?:\[\s{0,20}\[|[\])]\s{0,4},\s{0,20}[[(]|\(\()\s{0,4}["']$/.test(
    text.slice(Math.max(0, start - 60), start),
  );
}

/** True for `--password`, `-Password` and `/password`, which are followed by a blank and the value. */
function isFlag(text: string, start: number, name: string): boolean {
  if (name.startsWith('-')) return start === 0 || /[\s"'[,(]/.test(text.charAt(start - 1));
  return text.charAt(start - 1) === '/' && /\s/.test(text.charAt(start - 2));
}
