import { matchesOf } from './matches-of.js';
import { RULES, type RuleName } from './rules.js';

/** One rule's removals in a text: its name, what it removes in words, and how often it did. */
export interface Removal {
  readonly rule: RuleName;
  readonly what: string;
  readonly count: number;
}

/** Matches the marks of known rules only; a foreign text can't smuggle its own words in as a mark. */
export const MARK_PATTERN = new RegExp(`\\[redacted:(${Object.keys(RULES).join('|')})\\]`, 'g');

/** Lists which rules removed something from a sanitized text, in order of first appearance. */
export function describeRemovals(text: string): readonly Removal[] {
  const counts = new Map<RuleName, number>();
  for (const match of matchesOf(text, MARK_PATTERN)) {
    const rule = match[1] as RuleName;
    counts.set(rule, (counts.get(rule) ?? 0) + 1);
  }
  return [...counts].map(([rule, count]) => ({ rule, what: RULES[rule], count }));
}
