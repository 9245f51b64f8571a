import { count, number } from '../wording/number-words.js';
import { originsOf, type RepeatedFrom } from './repeated-items.js';

/** "2 succeeded, 1 failed (graph_forbidden)". */
export function outcomesInWords(
  items: readonly { readonly outcome: string; readonly reasonCode: string | null }[],
): string {
  const counts = ['succeeded', 'failed', 'skipped'].flatMap((outcome) => {
    const { length } = items.filter((item) => item.outcome === outcome);
    return length === 0 ? [] : [`${number(length)} ${outcome}`];
  });
  const failed = items.filter(({ outcome }) => outcome === 'failed');
  const codes = [...new Set(failed.flatMap(({ reasonCode }) => reasonCode ?? []))].join(', ');
  return counts.join(', ') + (codes === '' ? '' : ` (${codes})`);
}

/** "98 succeeded as before". */
export function repeatedInWords(from: readonly RepeatedFrom[]): string {
  const items = [...originsOf(from)].length;
  return `${number(items)} succeeded as before`;
}

const EFFECT_OUTCOME_WORDS = {
  applied: 'done',
  refused: 'refused',
  not_applied: 'not done',
  ambiguous: 'not known whether it was done',
} as const;

/** "create policy/1: not done, as a look at the tenant shows". */
export function effectInWords(effect: {
  readonly action: string;
  readonly itemId: string;
  readonly outcome: keyof typeof EFFECT_OUTCOME_WORDS;
  readonly lookedUp: boolean;
  readonly reason: string | null;
}): string {
  const { action, itemId, outcome, lookedUp, reason } = effect;
  const how = lookedUp ? ', as a look at the tenant shows' : '';
  return `${action} ${itemId}: ${EFFECT_OUTCOME_WORDS[outcome]}${how}${reason ? `. ${reason}` : ''}`;
}

/** "Graph asked to slow down (until 08:00:05 UTC)". */
export const waitInWords = ({ reason, until }: { readonly reason: string; readonly until: string }): string =>
  `${reason} (until ${until.slice(11, 19)} UTC)`;

/** "3 items". */
export const totalInWords = ({ total }: { readonly total: number }): string => count(total, 'item');
