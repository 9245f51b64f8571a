/** What the list of operations can be searched for: runs are found by the beginnings of their words. */

/** Longest word that is kept; a longer one is found by its beginning. */
const TERM_LENGTH_MAX = 40;
/** Words of one run that are kept: enough for some hundred ids in its context. */
const TERMS_MAX = 400;

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const WORD = /[\p{L}\p{N}]+/gu;

/** The words of a text: lower-case runs of letters and digits, and ids as one word each. */
function termsOf(text: string): readonly string[] {
  const plain = text.normalize('NFKC').toLowerCase();
  const ids = plain.match(UUID) ?? [];
  const words = plain.replace(UUID, ' ').match(WORD) ?? [];
  return [...ids, ...words].map((term) => term.slice(0, TERM_LENGTH_MAX));
}

/** Each word of texts and of the values inside of them, once, as many as are kept. */
export function searchTerms(values: readonly unknown[]): readonly string[] {
  const terms = new Set<string>();
  const left = [...values].reverse();
  while (left.length > 0 && terms.size < TERMS_MAX) {
    const value = left.pop();
    if (typeof value === 'string' || typeof value === 'number') {
      for (const term of termsOf(String(value))) if (terms.size < TERMS_MAX) terms.add(term);
    } else if (typeof value === 'object' && value !== null) {
      left.push(...Object.values(value).reverse());
    }
  }
  return [...terms];
}

const PART_OF_ID = /^[0-9a-f]{8}(-[0-9a-f]{0,12}){1,4}$/;

/** The words that a search looks for; the beginning of an id stays one word. */
export const searchedTerms = (text: string): readonly string[] => [
  ...new Set(
    text
      .normalize('NFKC')
      .toLowerCase()
      .split(/\s+/)
      .flatMap((part) => (PART_OF_ID.test(part) ? [part.slice(0, TERM_LENGTH_MAX)] : termsOf(part))),
  ),
];
