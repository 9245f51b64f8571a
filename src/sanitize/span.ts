import { mark, type RuleName } from './rules.js';

/** The part of a text that a rule removes: from `start` up to, not including, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly rule: RuleName;
}

/**
 * Replaces every character of a mark while rules read a text, so that no rule takes a mark for a value. It is from a
 * private use area, whose characters are removed when a foreign text is cleaned.
 */
export const MARK_STAND_IN = '\uE000';

/** True when the text has only marks and punctuation around them. */
export function isOnlyMarks(text: string): boolean {
  return text.includes(MARK_STAND_IN) && /^[\uE000\s"'.,;:()[\]{}]*$/.test(text);
}

/**
 * Replaces the spans by their rules' marks. Overlapping spans become one, named after the widest of them, so that two
 * rules that each find half of a secret remove all of it.
 */
export function redact(text: string, spans: readonly Span[]): string {
  if (spans.length === 0) return text;
  const sorted = [...spans].sort((a, b) => a.start - b.start || b.end - a.end);
  let result = '';
  let position = 0;
  for (let i = 0; i < sorted.length; ) {
    const first = sorted[i] as Span;
    let widest = first;
    let end = first.end;
    for (i++; i < sorted.length; i++) {
      const next = sorted[i] as Span;
      if (next.start >= end) break;
      end = Math.max(end, next.end);
      if (next.end - next.start > widest.end - widest.start) widest = next;
    }
    result += text.slice(position, first.start) + mark(widest.rule);
    position = end;
  }
  return result + text.slice(position);
}
