import { matchesOf } from './matches-of.js';
import { RULES, type RuleName } from './rules.js';

/** The removals of one rule in a text: its name, the removed thing in words, and their number. */
export interface Removal {
  readonly rule: RuleName;
  readonly what: string;
  readonly count: number;
}

/** Matches marks of known rules only, so that a foreign text can't pass its own words off as a mark. */
export const MARK_PATTERN = new RegExp(`\\[redacted:(${Object.keys(RULES).join('|')})\\]`, 'g');

/** Lists the rules that removed something from a sanitized text, in order of first appearance. */
export function describeRemovals(text: string): readonly Removal[] {
  const counts = new Map<RuleName, number>();
  for (const match of matchesOf(text, MARK_PATTERN)) {
    const rule = match[1] as RuleName;
    counts.set(rule, (counts.get(rule) ?? 0) + 1);
  }
  return [...counts].map(([rule, count]) => ({ rule, what: RULES[rule], count }));
}
