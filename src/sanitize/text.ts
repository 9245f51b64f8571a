import { cleanText } from './clean.js';
import { MARK_PATTERN } from './describe.js';
import { findSecrets } from './find-secrets.js';
import { createKnownSecrets, type KnownSecrets } from './known-secrets.js';
import type { RuleName } from './rules.js';
import { MARK_STAND_IN, redact, type Span } from './span.js';

/** Longer texts are cut before they are searched, so that one answer can't block the process. */
const INPUT_CHARACTERS_MAX = 131_072;
export const OUTPUT_CHARACTERS_MAX = 32_768;

const CUT_MARK = '… [cut]';
/** A token that is cut in two is dropped, up to this length, since half a token has no known form. */
const CUT_TOKEN_CHARACTERS_MAX = 4096;
const ROUNDS_MAX = 5;

/**
 * An identifier, a dotted name, a code, a count or a time. Most fields are one of these, and no rule matches them, so
 * recognising them makes sanitizing log lines cheap.
 */
const PLAIN =
  /^(?:|\d{1,5}|[a-z]{4,15}(?:[._][a-z]{1,15}){0,3}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}-\d{1,9}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z)$/;
const PLAIN_CHARACTERS_MAX = 64;

/** Whether a text is one that no rule matches under any name. */
export const isPlainText = (text: string): boolean => text.length <= PLAIN_CHARACTERS_MAX && PLAIN.test(text);

export interface SanitizeTextOptions {
  /** The name of the text's field: a digest under `hash` is kept, anything under `password` is removed. */
  readonly nameBefore?: string;
  /** Secrets of the error or object that the text is from; the text's own are added, and all are removed. */
  readonly known?: KnownSecrets;
  /** In UTF-16 units, including the mark of the cut. */
  readonly charactersMax?: number;
}

/**
 * Returns the text without secrets, markup and invisible characters. Each removal leaves a mark such as
 * `[redacted:jwt]`, and a text that is cut at the limit ends in a mark too. Sanitizing a result changes nothing. Runs
 * in linear time and never throws.
 */
export function sanitizeText(text: string): string {
  return sanitizeTextWith(text, {});
}

/** Like `sanitizeText`, for callers that know the field's name or need a shorter text. */
export function sanitizeTextWith(text: string, options: SanitizeTextOptions): string {
  const charactersMax = options.charactersMax ?? OUTPUT_CHARACTERS_MAX;
  if (text.length <= charactersMax && isPlainText(text)) return text;
  const known = options.known ?? createKnownSecrets();
  let current = cutText(String(text), INPUT_CHARACTERS_MAX);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const next = cutText(sanitizeOnce(current, options.nameBefore ?? '', known), charactersMax);
    if (next === current) return current;
    current = next;
  }
  // No known text gets here. A text that the rules keep changing is removed as a whole.
  return '[redacted:entropy]';
}

function sanitizeOnce(text: string, nameBefore: string, known: KnownSecrets): string {
  const clean = cleanText(text);
  const marks: Span[] = [];
  const hidden = clean.replace(MARK_PATTERN, (whole, rule: RuleName, at: number) => {
    marks.push({ start: at, end: at + whole.length, rule });
    return MARK_STAND_IN.repeat(whole.length);
  });
  const found = findSecrets(hidden, nameBefore);
  for (const { start, end, rule } of found) known.add(hidden.slice(start, end), rule);
  const again: Span[] = [];
  known.find(hidden, (span) => again.push(span));
  return redact(clean, [...found, ...again, ...marks]);
}

/** Cuts a text to at most `charactersMax` units, never inside a character, a mark or a token. */
export function cutText(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  const end = Math.max(0, charactersMax - CUT_MARK.length);
  let kept = text.slice(0, end);
  let boundary = end;
  while (boundary > 0 && end - boundary <= CUT_TOKEN_CHARACTERS_MAX && !/\s/.test(kept.charAt(boundary - 1)))
    boundary--;
  if (boundary > 0 && end - boundary <= CUT_TOKEN_CHARACTERS_MAX) kept = kept.slice(0, boundary);
  else kept = kept.replace(/[\uD800-\uDBFF]$/, '');
  return (kept.trimEnd() + CUT_MARK).slice(0, Math.max(charactersMax, 0));
}
