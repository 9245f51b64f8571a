import { matchesOf } from './matches-of.js';
import type { RuleName } from './rules.js';
import { secretNameRule } from './secret-names.js';
import { readSecretValue } from './secret-value.js';
import { SECRET_WORD } from './secret-words.js';
import { isOnlyMarks, type Span } from './span.js';

const IDENTIFIER = /[A-Za-z0-9_.$-]/;
const NAME_REACH = 64;

/** `=`, `:`, `=>`, `:=` and their kin, after a closing quote or bracket of the name, before the value. */
const SEPARATOR =
  /(?:["'`)]{0,2}\s?\])?["'`]?(?:[ \t]?\([^()\n]{0,30}\))?(?:[ \t]*:?[ \t]*(?:secure)?string(?=[ \t]*=))?[ \t]*(?:\n[ \t]*)?(?::=|=>|==?|:(?!:)|->|→)[ \t]*(?:\n(?:[ \t]+|[ \t]*(?=-\s|\S+[ \t]*(?:\n|$))))?/y;

/** `<password>`, also with attributes or a namespace, up to the content. */
const ELEMENT_END = /(?:\s[^<>]{0,200})?>\s*(?:<(?:string|value)>)?/y;

/** `name="password" value="…"` and `"name": "password", "value": "…"`. */
const SIBLING_VALUE =
  /["'`]?[\s,;/>]{1,40}(?:(?:"@odata\.type"|"type"|"isSecret"|type)\s{0,8}[:=]\s{0,8}(?:"[^"]{0,80}"|true|false)[\s,]{0,40})?["'<]?(?:value|val|content|data|plaintextvalue)["'>]?\s{0,8}[:=]?\s{0,8}/iy;

/** The two halves of an Apple property list or of a list of raw headers. */
const NEXT_ENTRY = /<\/key>\s*<(?:string|data|integer)>|["'],\s*(?=["'[])/y;

const PROSE_IS = /["'`]?\s(?:is|was|are|equals|set to|changed to|reset to)(?:\s?:)?\s/iy;

/** Header names that come as pairs of list entries, where nothing else tells a name from a value. */
const PAIRED_NAME =
  /^-{0,2}(?:proxy-)?(?:authorization|cookie|set-cookie|x-[\w-]+|api-?key|ocp-apim-[\w-]+|-{1,2}[\w-]+)$/i;

/** `<Setting Name="AdminPassword">`, up to the content. */
const NAMED_ELEMENT_END = /["'][^<>]{0,200}(?<!\/)>\s{0,40}(?:<value>)?(?=[^<\s])/y;

type Form = 'assignment' | 'element' | 'sibling' | 'entry' | 'flag' | 'prose' | 'quoted';

/** Finds what stands after the name of a secret, however name and value are written together. */
export function findNamedSecrets(text: string, add: (span: Span) => void): void {
  let searched = 0;
  for (const match of matchesOf(text, SECRET_WORD)) {
    if (match.index < searched) continue;
    const name = expandName(text, match.index, match.index + match[0].length);
    searched = name.end;
    // User names of addresses may sound secret (`x-access-token:…@host`); the rule for addresses has them.
    if (text.startsWith('//', name.start - 2)) continue;
    const rule = secretNameRule(text.slice(name.start, name.end));
    if (!rule) continue;
    const value = findValue(text, name.start, name.end, rule);
    if (!value) continue;
    if (!isOnlyMarks(text.slice(value.start, value.end))) add({ ...value, rule });
    // A value may hold another name's word; it's gone already and needn't be read again.
    searched = value.end;
  }
}

function expandName(text: string, from: number, to: number): { start: number; end: number } {
  let start = from;
  while (start > 0 && from - start < NAME_REACH && IDENTIFIER.test(text.charAt(start - 1))) start--;
  let end = to;
  while (end < text.length && end - to < NAME_REACH && IDENTIFIER.test(text.charAt(end))) end++;
  while (end > to && /[.$-]/.test(text.charAt(end - 1))) end--;
  return { start, end };
}

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
  forms.push(['assignment', matchAt(SEPARATOR, text, end)]);
  if (/["'=>/]/.test(before)) forms.push(['sibling', matchAt(SIBLING_VALUE, text, end)]);
  if (before === '>' || PAIRED_NAME.test(name)) forms.push(['entry', matchAt(NEXT_ENTRY, text, end)]);
  forms.push(['prose', matchAt(/["'`]?\t+/y, text, end)]);
  if (isFlag(text, start, name)) forms.push(['flag', matchAt(/["']?[ \t]+/y, text, end)]);
  if (
    rule === 'password' ||
    rule === 'secret' ||
    rule === 'key' ||
    (rule === 'otp' && !/seed/i.test(name)) ||
    rule === 'device-code'
  )
    forms.push(['prose', matchAt(PROSE_IS, text, end)]);
  if (['password', 'token', 'secret', 'otp', 'key'].includes(rule))
    forms.push(['quoted', matchAt(/\s+(?:(?:to|as|of)\s+)?(?=["'`])/y, text, end)]);
  for (const [form, at] of forms) {
    if (at < 0 || (unexpected && form !== 'element')) continue;
    const value = readSecretValue(text, at, { rule, form, nameStart: start });
    if (value) return value;
  }
  return undefined;
}

/** True for `--password`, `-Password` and `/password`, where the value follows after a blank. */
function isFlag(text: string, start: number, name: string): boolean {
  if (name.startsWith('-')) return start === 0 || /[\s"'[,(]/.test(text.charAt(start - 1));
  return text.charAt(start - 1) === '/' && /\s/.test(text.charAt(start - 2));
}
