import { QUALIFIER } from './secret-words.js';

const IDENTIFIER = /[A-Za-z0-9_.$-]/;
const NAME_REACH = 64;

interface Stretch {
  readonly start: number;
  readonly end: number;
}

/**
 * The whole name around a match of `SECRET_WORD`, such as `smtp.auth.password` or `client secret value`; undefined for
 * `key` and `code` without a word that says what they open.
 */
export function nameAround(text: string, match: RegExpExecArray): Stretch | undefined {
  const from = qualifiedStart(text, match.index, match[0]);
  if (from < 0) return undefined;
  return withValueWord(text, expandName(text, from, match.index + match[0].length));
}

/** Words before a name of something that is no secret: the end of a product key, the public key's token. */
const PUBLIC = /\b(?:public[ _-]?key|partial|acct-|last \w{1,5} of(?: the)?)[ _-]?$/i;

/** Words before “pass” when it is a verb. */
const BEFORE_VERB =
  /\b(?:to|you|we|they|i|it|can|must|should|will|would|could|may|not|and|or|please|which|that|who) $/i;

/** Whether the words before a name say that its value isn't secret. */
export function isPublic(text: string, nameStart: number): boolean {
  const before = text.slice(Math.max(0, nameStart - 24), nameStart);
  return (
    PUBLIC.test(before) || (/^pass\b/i.test(text.slice(nameStart, nameStart + 5)) && BEFORE_VERB.test(before))
  );
}

/** The start of a name whose last word is `key` or `code`, or -1 if the name doesn't say what it opens. */
function qualifiedStart(text: string, at: number, word: string): number {
  if (!/^(?:key|code)$/i.test(word)) return at;
  const before = text.slice(Math.max(0, at - QUALIFIER_REACH), at);
  const qualifier = QUALIFIER.exec(before);
  if (qualifier) return at - qualifier[0].length;
  // Without separators or in camel case the qualifier is part of the name.
  return /[A-Za-z\d_.$-]$/.test(before) ? at : -1;
}

const QUALIFIER_REACH = 24;

function expandName(text: string, from: number, to: number): Stretch {
  let start = from;
  while (start > 0 && from - start < NAME_REACH && IDENTIFIER.test(text.charAt(start - 1))) start--;
  let end = to;
  while (end < text.length && end - to < NAME_REACH && IDENTIFIER.test(text.charAt(end))) {
    if (text.startsWith('...', end)) break;
    end++;
  }
  while (end > to && /[.$-]/.test(text.charAt(end - 1))) end--;
  return { start, end };
}

/** The word after a label that belongs to it: `client secret value: …`. */
const VALUE_WORD =
  /[ \t](?:value|text|used|given|entered|provided|sent)(?=["'`]?(?:[ \t]?[:=]|[ \t]["'`]|[ \t](?:is|was)\b))/iy;

function withValueWord(text: string, { start, end }: Stretch): Stretch {
  VALUE_WORD.lastIndex = end;
  return { start, end: VALUE_WORD.test(text) ? VALUE_WORD.lastIndex : end };
}
