/** A text cut where it differs from another: the part before, the part that differs, and the rest. */
export interface CutText {
  readonly before: string;
  readonly differs: string;
  readonly after: string;
}

/** So many equal characters after a difference end it. */
const EQUAL_AFTER = 12;
const DIFFERENCE_MAX = 80;

/**
 * Cuts two texts where they first differ, so that a page can mark that part. Returns null where a mark would say
 * nothing: for short texts, and for texts of which something was removed.
 */
export function differenceOf(one: string, other: string): readonly [CutText, CutText] | null {
  if (Math.max(one.length, other.length) < 40 || `${one}${other}`.includes('[redacted:')) return null;
  let start = 0;
  while (start < one.length && one.charAt(start) === other.charAt(start)) start++;
  if (start === one.length && start === other.length) return null;
  // Not inside of a character of two units.
  if (/[\uDC00-\uDFFF]/.test(one.charAt(start) || other.charAt(start))) start = Math.max(0, start - 1);
  const [lengthOne, lengthOther] = lengthsOf(one.slice(start), other.slice(start));
  return [cut(one, start, lengthOne), cut(other, start, lengthOther)];
}

/** The lengths of the parts after which both texts go on alike, the shortest first. */
function lengthsOf(one: string, other: string): readonly [number, number] {
  for (let sum = 1; sum <= 2 * DIFFERENCE_MAX; sum++)
    for (let a = Math.max(0, sum - DIFFERENCE_MAX); a <= Math.min(sum, DIFFERENCE_MAX); a++) {
      const next = one.slice(a, a + EQUAL_AFTER);
      if (next.length === EQUAL_AFTER && other.startsWith(next, sum - a)) return [a, sum - a];
    }
  return [one.length, other.length];
}

const cut = (text: string, start: number, length: number): CutText => ({
  before: text.slice(0, start),
  differs: text.slice(start, start + length),
  after: text.slice(start + length),
});
