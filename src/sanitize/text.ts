import { cleanText } from './clean.js';
import { MARK_PATTERN } from './describe.js';
import { findSecrets } from './find-secrets.js';
import type { RuleName } from './rules.js';
import { MARK_STAND_IN, redact, type Span } from './span.js';

/** Longer texts are cut before they're looked at, so that one answer can't hold a process up. */
const INPUT_CHARACTERS_MAX = 131_072;
export const OUTPUT_CHARACTERS_MAX = 32_768;

const CUT_MARK = '… [cut]';
/** A token that the cut went through is dropped up to this length, since half a token has no known form. */
const CUT_TOKEN_CHARACTERS_MAX = 4096;
const ROUNDS_MAX = 5;

/**
 * Most fields are an identifier, a name with dots, a code, a count or a time, which no rule touches. Knowing them
 * at a glance is what makes sanitizing every log line cheap.
 */
const PLAIN =
  /^(?:|\d{1,5}|[a-z]{4,15}(?:[._][a-z]{1,15}){0,3}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}-\d{1,9}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z)$/;
const PLAIN_CHARACTERS_MAX = 64;

/** Whether a text is one of those that no rule touches, wherever it stands. */
export const isPlainText = (text: string): boolean => text.length <= PLAIN_CHARACTERS_MAX && PLAIN.test(text);

export interface SanitizeTextOptions {
  /** The name of the field the text stands in: a digest under `hash` stays, anything under `password` goes. */
  readonly nameBefore?: string;
  /** In UTF-16 units, the cut's own mark included. */
  readonly charactersMax?: number;
}

/**
 * Returns the text without secrets, markup and invisible characters; each removal leaves a mark such as
 * `[redacted:jwt]`, a text beyond the limit ends in a mark of its own. Sanitizing a result changes nothing.
 * Runs in linear time and never throws.
 */
export function sanitizeText(text: string): string {
  return sanitizeTextWith(text, {});
}

/** As `sanitizeText`, for callers that know the field's name or need a shorter text. */
export function sanitizeTextWith(text: string, options: SanitizeTextOptions): string {
  const charactersMax = options.charactersMax ?? OUTPUT_CHARACTERS_MAX;
  if (text.length <= charactersMax && isPlainText(text)) return text;
  let current = cutText(String(text), INPUT_CHARACTERS_MAX);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const next = cutText(sanitizeOnce(current, options.nameBefore ?? ''), charactersMax);
    if (next === current) return current;
    current = next;
  }
  // Never seen to happen; a text that keeps changing under the rules isn't worth its risk.
  return '[redacted:entropy]';
}

function sanitizeOnce(text: string, nameBefore: string): string {
  const clean = cleanText(text);
  const marks: Span[] = [];
  const hidden = clean.replace(MARK_PATTERN, (whole, rule: RuleName, at: number) => {
    marks.push({ start: at, end: at + whole.length, rule });
    return MARK_STAND_IN.repeat(whole.length);
  });
  return redact(clean, [...findSecrets(hidden, nameBefore), ...marks]);
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
