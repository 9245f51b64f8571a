import { isBenignValue, isSentenceWord } from './benign.js';
import { UNITS } from './clause-words.js';
import { matchesOf } from './matches-of.js';
import type { RuleName } from './rules.js';

export interface ValueContext {
  readonly rule: RuleName;
  /** The form in which name and value are written together. */
  readonly form: 'assignment' | 'element' | 'sibling' | 'entry' | 'flag' | 'prose' | 'quoted';
  readonly nameStart: number;
}

interface Stretch {
  readonly start: number;
  readonly end: number;
}

const QUOTE_PREFIX =
  /(?:[bBrRuUfFN@$]{1,2}(?=["'])|!{1,2}[A-Za-z]{1,16}[ \t](?=["'])|\{[A-Z\d-]{3,12}\}(?=[^\s"'])|\(?\s?ConvertTo-SecureString(?: -String)?\s+|pass:|string\(\d{1,6}\)\s+(?=")|\[[\w.]{1,60}\](?:::[\w.]{1,60}\(?)?(?=["'])|(?:Some|Just|Option|Secret|SecretString|str|bytes)\((?=["']))/y;
/** Words in angle brackets that stand for a value: `<your password>`. */
const STAND_IN = /^<[a-z]+(?:[ _-][a-z]+){0,6}>(?:[\s"',;.)]|$)/;
const CONTAINER_REACH = 4096;
const QUOTED_REACH = 16_384;
const LINE_REACH = 110;

/**
 * The value of an HTTP authorization header: a scheme and one token, or a scheme with parameters up to the line's
 * end.
 */
const AUTHORIZATION_VALUE =
  /(?:(?:digest|aws4-hmac-sha256|oauth|hmac|signature)\s[^\n"']*|(?:bearer|basic|token|api-?key|negotiate|ntlm|sharedkey(?:lite)?|sharedaccesssignature|hawk|pop|dpop|splunk|bot)\s+[^\s"'<>]+|[^\s"'<>;]+)/iy;

/** Attributes on a cookie's line. Hosts and paths are helpful and not secret. */
const ATTRIBUTE = '(?:domain|path|expires|max-age|samesite|priority|httponly|secure|partitioned)\\b';
const PAIR = `(?!${ATTRIBUTE})[^\\s=;,"']+=(?:"[^"\\n]*"|[^\\s;,"']*)`;
const PAIR_OR_MARK = `(?:\uE000+|${PAIR})`;
const COOKIE_VALUE = new RegExp(
  `${PAIR_OR_MARK}(?:[;,]\\s*${PAIR_OR_MARK})*(?=;?(?:[\\s"'\`,;)\\]}]|$))`,
  'iy',
);

/**
 * Finds the end of the value that starts at or after `at`, given the kind of secret in its name. Returns undefined
 * when the text is no secret but a state, a setting, a count or the rest of a sentence.
 */
export function readSecretValue(text: string, at: number, context: ValueContext): Stretch | undefined {
  QUOTE_PREFIX.lastIndex = at;
  const start = context.form !== 'element' && QUOTE_PREFIX.test(text) ? QUOTE_PREFIX.lastIndex : at;
  const first = text.charAt(start);
  // Escaped quotes belong to a nested text, which is read as a view of its own.
  if (first === '' || (first === '\\' && /["'\\]/.test(text.charAt(start + 1)))) return undefined;
  if (context.form === 'element' || (context.form === 'entry' && text.charAt(at - 1) === '>'))
    return readElement(text, start, context);
  if (first === '"' || first === "'" || first === '`') return readQuoted(text, start, context);
  if (context.form === 'quoted' || (first === '<' && STAND_IN.test(text.slice(start, start + 48))))
    return undefined;
  if (first === '[' || first === '{') return readContainer(text, start, context);
  if (context.rule === 'authorization' || context.rule === 'cookie' || context.rule === 'bearer')
    return readHeader(text, start, context);
  if (context.rule === 'connection-string') return trimmed(text, start, endOfLine(text, start), context);
  const block = readBlock(text, afterTag(text, start));
  if (block) return block;
  return readBare(text, start, context);
}

function endOfLine(text: string, from: number): number {
  const stop = text.slice(from).search(/[\n"'`]/);
  return stop < 0 ? text.length : from + stop;
}

function trimmed(text: string, start: number, end: number, context: ValueContext): Stretch | undefined {
  const value = withoutTail(text, start, end);
  return isSecretLike(text.slice(value.start, value.end), context) ? value : undefined;
}

/** Cuts off punctuation after a value, which belongs to the sentence. */
function withoutTail(text: string, start: number, end: number): Stretch {
  let last = end;
  while (last > start && /[\s.,:)\]}]/.test(text.charAt(last - 1))) last--;
  return { start, end: last };
}

/** The beginning of a call in a line of code, without its last bracket: `getPassword(name`. */
const CALL = /^[a-z_$][A-Za-z_$.]{2,80}\([A-Za-z_$.]{0,80}$/;

/** The identifier of an account or a group in Windows. */
const SECURITY_IDENTIFIER = /^S-1-\d/;

/** Whether a value can be a secret under its name; counts, states and placeholders are none. */
function isSecretLike(value: string, context: ValueContext): boolean {
  const { rule } = context;
  if (isBenignValue(value) || CALL.test(value)) return false;
  if (rule === 'authorization' && isBenignValue(value.replace(/^[\w-]+\s+(?=\$)/, ''))) return false;
  if (rule === 'phone' || rule === 'card-number')
    return rule === 'card-number' || /^[+(\d](?:\D?\d){6,}/.test(value);
  if (rule === 'session' && SECURITY_IDENTIFIER.test(value)) return false;
  if (/^-?\d+(?:\.\d+)?%?$/.test(value)) {
    if (rule === 'password' || rule === 'wifi-key' || rule === 'device-code') return value.length >= 3;
    return value.length >= (rule === 'otp' ? 4 : 7) && !value.startsWith('-');
  }
  return true;
}

function readElement(text: string, start: number, context: ValueContext): Stretch | undefined {
  let end = text.indexOf('<', start);
  if (end < 0) end = text.length;
  const value = text.slice(start, end).trim();
  const isIdentifier = context.rule === 'session' && SECURITY_IDENTIFIER.test(value);
  return value === '' || isBenignValue(value) || isIdentifier ? undefined : { start, end };
}

function readQuoted(text: string, start: number, context: ValueContext): Stretch | undefined {
  if (/^(?:"""|''')/.test(text.slice(start, start + 3))) return readTripleQuoted(text, start);
  const quote = text.charAt(start);
  let end = start + 1;
  const reach = Math.min(text.length, start + QUOTED_REACH);
  while (end < reach && text.charAt(end) !== quote) end += text.charAt(end) === '\\' ? 2 : 1;
  end = Math.min(end, text.length);
  const value = text.slice(start + 1, end);
  if (value === '' || !isSecretLike(value, context)) return undefined;
  // The name stands in quotes itself, and this one closes them: `read -p "Password: " name`.
  if (end >= text.length && /^\s/.test(value)) return undefined;
  if (context.form === 'quoted' && !isQuotedSecret(value, context.rule)) {
    const isPhrase = /passphrase\W{0,4}$/i.test(text.slice(context.nameStart, start));
    if (!isPhrase || !isPassphrase(value)) return undefined;
  }
  if (context.form === 'prose' && isSentenceWord(value)) return undefined;
  return { start: start + 1, end };
}

function readTripleQuoted(text: string, start: number): Stretch {
  const closing = text.indexOf(text.slice(start, start + 3), start + 3);
  return { start: start + 3, end: closing < 0 ? text.length : closing };
}

/**
 * In a sentence, a quoted word after "secret" or "token" is often its name, so only unusual words count as secrets.
 */
function isQuotedSecret(quoted: string, rule: RuleName): boolean {
  // French quotes have a blank inside.
  const value = quoted.trim();
  if (/\s/.test(value) || value.length < 3 || value.length > 512) return false;
  if (rule === 'password' || rule === 'otp') return true;
  return /[A-Za-z]/.test(value) && /[\d!@#$%^&*?~+=]/.test(value) && value.length >= 8;
}

/** Reads a list or an object under a secret's name: everything between the brackets. */
function readContainer(text: string, start: number, context: ValueContext): Stretch | undefined {
  const open = text.charAt(start);
  // `auth: { user, password }` is a group of settings, whose fields are tested one by one.
  if (open === '{' && context.rule === 'authorization') return undefined;
  const close = open === '[' ? ']' : '}';
  const reach = Math.min(text.length, start + CONTAINER_REACH);
  let depth = 0;
  let quote = '';
  let end = start;
  for (; end < reach; end++) {
    const character = text.charAt(end);
    if (quote !== '') {
      if (character === '\\') end++;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === open) depth++;
    else if (character === close && --depth === 0) break;
  }
  const value = text.slice(start + 1, end).trim();
  if (
    value === '' ||
    isBenignValue(text.slice(start, end + 1)) ||
    !isSecretLike(value, context) ||
    areAllSettings(value)
  )
    return undefined;
  return { start: start + 1, end: Math.min(end, text.length) };
}

const FIELD =
  /["']?([A-Za-z_@.]{1,40})["']?\s{0,4}[:=]\s{0,4}(?:"([^"\n]{0,200})"|'([^'\n]{0,200})'|([^\s,{}[\]]{1,200}))/g;
const SETTING_NAME =
  /(?:type|name|id|enabled|length|count|age|history|expiry|expiration|days|hours|minutes|required|allowed|usage|version|created|updated|modified|date|time|attempts|policy|kind|state|status|algorithm)$/i;

/** Whether every field of a group only describes a secret: `{ "minLength": 6, "type": "NGC" }`. */
function areAllSettings(content: string): boolean {
  const fields = [...matchesOf(content, FIELD)];
  return (
    fields.length > 0 &&
    content.replace(FIELD, '').replace(/[\s,{}[\]]/g, '') === '' &&
    fields.every(([, name = '', double, single, bare]) => {
      const value = double ?? single ?? bare ?? '';
      return (
        SETTING_NAME.test(name) || isBenignValue(value) || (bare !== undefined && /^\d{1,3}$/.test(bare))
      );
    })
  );
}

function readHeader(text: string, start: number, context: ValueContext): Stretch | undefined {
  const pattern = context.rule === 'cookie' ? COOKIE_VALUE : AUTHORIZATION_VALUE;
  pattern.lastIndex = start;
  const end = pattern.test(text) ? pattern.lastIndex : endOfLine(text, start);
  if (isSentence(text, start, end, context)) return undefined;
  return trimmed(text, start, end, context);
}

/** Words after `Cookies:` or `auth:` that say something of them, such as a setting or the methods of a server. */
function isSentence(text: string, start: number, end: number, { rule }: ValueContext): boolean {
  const words = text.slice(start, endOfLine(text, start));
  if (rule === 'cookie') return /^[A-Za-z]{2,}(?: [a-z]{2,}){1,8}[.,;]?$/.test(words);
  const value = text.slice(start, end);
  if (/^(?:PLAIN|LOGIN|X?OAUTH\w*|CRAM-MD5|DIGEST-MD5|NTLM|GSSAPI)$/.test(value)) return true;
  return /^[A-Z][a-z]{1,9}: ?$/.test(value);
}

/** Reads YAML's block scalars and lists: the indented or dashed lines below the name. */
function readBlock(text: string, start: number): Stretch | undefined {
  const block = /(?:[|>][+-]?\d?[ \t]*(?=\n))(?:\n(?:[ \t]+[^\n]*)?)+|(?:-[ \t]+[^\n]+\n?[ \t]*)+/y;
  block.lastIndex = start;
  const match = block.exec(text);
  if (!match || (match[0].startsWith('-') && !/\n[ \t]*$/.test(text.slice(Math.max(0, start - 40), start))))
    return undefined;
  const skipped = match[0].search(/\n/);
  if (match[0].startsWith('-')) return { start, end: start + match[0].trimEnd().length };
  const lines = match[0].slice(skipped + 1);
  const indent = /^(?:[ \t]*\n)*([ \t]+)/.exec(lines)?.[1]?.length ?? 0;
  const end = lines.search(new RegExp(`\\n[ \\t]{0,${Math.max(0, indent - 1)}}\\S`));
  const length = (end < 0 ? lines : lines.slice(0, end)).trimEnd().length;
  return { start: start + skipped + 1, end: start + skipped + 1 + length };
}

/** YAML's tags and anchors stand before a block: `!vault |`. */
function afterTag(text: string, start: number): number {
  const tag = /(?:[!&][\w!-]*[ \t]+){1,2}(?=[|>])/y;
  tag.lastIndex = start;
  return tag.test(text) ? tag.lastIndex : start;
}

const STOP_WORD =
  /\b(?:is|was|were|has|had|failed|since|ago|days|depuis|jours|seit|tagen?|desde|dias|da|giorni|sinds|dagen|for|from|by|at|on|to|with|and|or|in|not|rejected|returned|error|status|must|should|user|code|of)\b/i;

/** Reads a value without quotes, up to a blank or a character that can't belong to it. */
function readBare(text: string, start: number, context: ValueContext): Stretch | undefined {
  let end = start;
  while (end < text.length && !endsBareValue(text, end)) end++;
  const quoteBefore = text.charAt(context.nameStart - 1);
  if (quoteBefore === "'" || quoteBefore === '"') {
    const closing = text.slice(start, end).indexOf(quoteBefore);
    if (closing >= 0) end = start + closing;
  }
  // A tag may say that the value stands elsewhere.
  if (/^!(?:secret|env|env_var|include|vault|Ref|GetAtt|ImportValue)$/.test(text.slice(start, end)))
    return undefined;
  // YAML's anchors and tags come before the value.
  if (/^(?:&[\w-]+|!!?[\w-]*)$/.test(text.slice(start, end)) && /^ \S/.test(text.slice(end, end + 2))) {
    end++;
    while (end < text.length && !endsBareValue(text, end)) end++;
  }
  const value = withoutTail(text, start, end);
  const phrase = withFollowingWords(text, value, context);
  if (phrase.end > value.end && isPassphrase(text.slice(phrase.start, phrase.end))) return phrase;
  const word = text.slice(value.start, value.end);
  if (!isSecretLike(word, context) || isCount(text, value)) return undefined;
  if (context.form === 'flag' && /^(?:-{1,2}[a-z]|[|>&;<]|\$[a-z_]+$)/i.test(word)) return undefined;
  if (isSentenceWord(word) && !isAssigned(text, value, context)) return undefined;
  if (isNextLine(text, context.nameStart, start) && !standsAlone(text, value)) return undefined;
  return value;
}

/** Whether a number is followed by its unit. */
function isCount(text: string, { start, end }: Stretch): boolean {
  return (
    /^\d+$/.test(text.slice(start, end)) &&
    /^[ \t]/.test(text.charAt(end)) &&
    UNITS.test(text.slice(end + 1, end + 16))
  );
}

/** `password=short` assigns any word, but `password: short of …` may be a sentence. */
function isAssigned(text: string, value: Stretch, context: ValueContext): boolean {
  if (context.form !== 'assignment' && context.form !== 'sibling') return false;
  if (!/\s/.test(text.charAt(value.start - 1))) return true;
  const fillsLine = /^[ \t]*(?:\n|$)/.test(text.slice(value.end, value.end + 40));
  return fillsLine && startsLine(text, context.nameStart);
}

function startsLine(text: string, nameStart: number): boolean {
  return /(?:^|\n)[ \t\-"']{0,40}(?:export )?$/.test(
    text.slice(Math.max(0, nameStart - LINE_REACH), nameStart),
  );
}

/** Three or more words, most of which don't describe a state or a setting. */
function isPassphrase(text: string): boolean {
  const words = text.split(/\s+/);
  return words.length >= 3 && words.filter((word) => !isSentenceWord(word)).length * 2 > words.length;
}

function isNextLine(text: string, from: number, to: number): boolean {
  return text.slice(from, to).includes('\n');
}

/** Whether a value on the line below its name is neither the next name nor a word of its own. */
function standsAlone(text: string, value: Stretch): boolean {
  if (/^[.,)\]}]*\s?[:=]/.test(text.slice(value.end, value.end + 8))) return false;
  const indented = /[ \t]/.test(text.charAt(value.start - 1));
  return indented || /[\d!#$%^&*]/.test(text.slice(value.start, value.end));
}

/** Extends a value to a passphrase of several words that fills the rest of its line, as in YAML and INI files. */
function withFollowingWords(text: string, value: Stretch, context: ValueContext): Stretch {
  if (context.rule === 'phone' || !startsLine(text, context.nameStart)) return value;
  const following = /(?: [^\s:=;,(){}<>|"'-][^\s:=;,(){}<>|"']*){1,23}[ \t]*(?=\n|$)/y;
  following.lastIndex = value.end;
  const match = following.exec(text);
  if (!match || STOP_WORD.test(match[0])) return value;
  return { start: value.start, end: value.end + match[0].trimEnd().length };
}

function endsBareValue(text: string, at: number): boolean {
  const character = text.charAt(at);
  if (/\s/.test(character)) return true;
  const next = text.slice(at + 1, at + 42);
  switch (character) {
    case '"':
    case '`':
      return true;
    case "'":
      return /^(?:[\s,;)\]}]|$)/.test(next);
    case '<':
      return next.startsWith('/');
    case ',':
      return /^(?:\s|$|["']|[\w.$-]{1,40}["']?\s?[:=])/.test(next);
    case '|':
      return /^(?:\s|$|["']|[\w.$ -]{1,40}=|\d{4}-\d{2}-\d{2})/.test(next);
    case '&':
    case ';':
      return /^(?:\s|$|["']|[\w.$ -]{1,40}=)/.test(next);
    case ')':
    case ']':
    case '}':
      return /^(?:[\s,;.:)\]}"']|$)/.test(next);
    default:
      return false;
  }
}
