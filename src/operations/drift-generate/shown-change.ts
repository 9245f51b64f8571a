import type { SettingChange } from '../../policies/compare-policies.js';
import { MASKED_VALUE } from '../../policies/secret-fields.js';
import type { ChangeWord, Evidence } from './drift-events.js';
import { type FirstDifference, firstDifference } from './first-difference.js';
import { nameIn, shownList, shownValue, WHOLE_LENGTH_MAX } from './shown-value.js';
import { codePointName, isRedacted, lookOf } from './visible-text.js';

type ShownChange = Pick<
  Evidence['settingsChanged'][number],
  'before' | 'after' | 'words' | 'at' | 'unchanged'
>;

/**
 * Longest list that is shown whole; of a longer list, and of one whose removed and added values look alike, only the
 * removed and added values are shown.
 */
const LIST_LENGTH_MAX = 20;
/** Characters of a long text that are shown before its first difference, and in all. */
const CONTEXT_BEFORE = 120;
const EXCERPT_LENGTH = 480;
/**
 * Characters on both sides of an excerpt that the sanitizer also reads, because it recognises a secret by the text
 * around it.
 */
const SANITIZED_AROUND = 4096;

/** The part of a change that is shown: the values, shortened around their difference, and words for what they don't show. */
export function shownChange(change: SettingChange): ShownChange {
  const { before, after, removed, added, reordered, secret } = change;
  const name = nameIn(change.path);
  const order: ChangeWord[] = reordered ? ['order_changed'] : [];
  if (secret) return { ...maskedChange(change), words: [...order, 'secret'], at: null };
  if (removed.length === 1 && added.length === 1 && removed[0] !== undefined && added[0] !== undefined) {
    const pair = shownPair(removed[0], added[0], name);
    if (before.length === 1 && after.length === 1)
      return {
        ...pair,
        before: [pair.before],
        after: [pair.after],
        words: [...order, ...pair.words],
        unchanged: 0,
      };
    if (pair.at) {
      const unchanged = before.length - 1;
      const words: ChangeWord[] = [...order, ...pair.words, 'part_of_list'];
      return { before: [pair.before], after: [pair.after], words, at: pair.at, unchanged };
    }
  }
  return shownLists(change, order);
}

function maskedChange({ before, after }: SettingChange) {
  const masked = (values: readonly string[]) => values.slice(0, LIST_LENGTH_MAX);
  const unchanged = 0;
  return { before: masked(before), after: masked(after), unchanged };
}

function shownLists(
  { path, before, after, removed, added }: SettingChange,
  order: readonly ChangeWord[],
): ShownChange {
  const name = nameIn(path);
  const words = new Set<ChangeWord>(order);
  const shownRemoved = new Set(removed.map((value) => lookOf(shownValue(value, name))));
  const alike = added
    .map((value) => shownValue(value, name))
    .filter((shown) => shownRemoved.has(lookOf(shown)));
  if (alike.length > 0) words.add(alike.some(isRedacted) ? 'differs_where_masked' : 'looks_alike');
  // In a whole list nobody could tell an entry that changed from one that looks the same and did not.
  const isShort = before.length <= LIST_LENGTH_MAX && after.length <= LIST_LENGTH_MAX;
  const whole = isShort && (alike.length === 0 || order.length > 0);
  let [shownBefore, shownAfter] = [removed, added];
  if (whole) [shownBefore, shownAfter] = [before, after];
  else if (removed.length + added.length === 0)
    [shownBefore, shownAfter] = [aroundFirstMove(before, after), aroundFirstMove(after, before)];
  const unchanged = whole ? 0 : before.length - removed.length;
  if (!whole) words.add('part_of_list');
  return {
    before: shownList(shownBefore, name),
    after: shownList(shownAfter, name),
    words: [...words],
    at: null,
    unchanged,
  };
}

/** The entries of a long list from the first one that moved. Used for a list of which only the order changed. */
function aroundFirstMove(list: readonly string[], other: readonly string[]): readonly string[] {
  const first = list.findIndex((value, index) => value !== other[index]);
  return list.slice(first, first + LIST_LENGTH_MAX);
}

/** Common Latin characters; other characters may look like one of these. */
const PLAIN = /^[\t\n -~\u00a1-\u00ac\u00ae-\u024f]$/;

interface ShownPair {
  readonly before: string;
  readonly after: string;
  readonly words: readonly ChangeWord[];
  readonly at: ShownChange['at'];
}

/** Two values that differ, whole or around their first difference. */
function shownPair(before: string, after: string, name: string): ShownPair {
  const [textBefore, textAfter] = [textOf(before), textOf(after)];
  const isLong = Math.max(before.length, after.length) > WHOLE_LENGTH_MAX;
  const first = firstDifference(textBefore, textAfter);
  if (!isLong) return withWords(shownValue(before, name), shownValue(after, name), first, []);
  const excerpts = excerptsAround(textBefore, textAfter, first, name);
  return withWords(excerpts.before, excerpts.after, first, ['excerpt']);
}

function withWords(before: string, after: string, first: FirstDifference, words: ChangeWord[]): ShownPair {
  const redacted = isRedacted(before) || isRedacted(after) || before === MASKED_VALUE;
  const alike = lookOf(before) === lookOf(after);
  if (alike && redacted) words.push('differs_where_masked');
  // A character isn't named in a redacted text, because it may be part of the secret.
  const isOdd = [first.before, first.after].some((character) => character !== null && !PLAIN.test(character));
  const named = !redacted && (alike || isOdd);
  if (named) words.push('looks_alike');
  if (!named && !words.includes('excerpt')) return { before, after, words, at: null };
  const name = (character: string | null) => (named && character !== null ? characterName(character) : null);
  const { character, line } = first;
  return {
    before,
    after,
    words,
    at: { character, line, before: name(first.before), after: name(first.after) },
  };
}

function characterName(character: string): string {
  const shown = /^[!-~]$/.test(character) ? `${character} ` : '';
  return `${shown}${codePointName(character)}`;
}

/** Excerpts of both texts around their first difference, sanitized together with a long context. */
function excerptsAround(before: string, after: string, { index }: FirstDifference, name: string) {
  const from = Math.max(0, index - SANITIZED_AROUND);
  const window = (text: string) =>
    shownValue(text.slice(from, index + SANITIZED_AROUND), name, 4 * SANITIZED_AROUND);
  const [windowBefore, windowAfter] = [window(before), window(after)];
  const place =
    windowBefore === windowAfter
      ? Math.min(windowBefore.length, index - from)
      : firstDifference(windowBefore, windowAfter).index;
  return { before: excerpt(windowBefore, place, from > 0), after: excerpt(windowAfter, place, from > 0) };
}

function excerpt(text: string, place: number, startsInside: boolean): string {
  const start = Math.max(0, place - CONTEXT_BEFORE);
  const end = start + EXCERPT_LENGTH;
  const part = text.slice(start, end).toWellFormed();
  return `${start > 0 || startsInside ? '…' : ''}${part}${end < text.length ? '…' : ''}`;
}

/** The text inside a JSON string; any other value as it is written. */
function textOf(value: string): string {
  return value.startsWith('"') ? (JSON.parse(value) as string) : value;
}
