/** The words that the list of operations is searched by. A run is found by the beginning of any of its words. */

/** Longest word that is kept; a longer one is cut, and still found by its beginning. */
const TERM_LENGTH_MAX = 40;
/** Words of one run that are kept; enough for some hundred ids in its context. */
const TERMS_MAX = 400;

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const WORD = /[\p{L}\p{N}]+/gu;

/** The words of a text: sequences of letters and digits in lower case, and each id as one word. */
function termsOf(text: string): readonly string[] {
  const plain = text.normalize('NFKC').toLowerCase();
  const ids = plain.match(UUID) ?? [];
  const words = plain.replace(UUID, ' ').match(WORD) ?? [];
  return [...ids, ...words].map((term) => term.slice(0, TERM_LENGTH_MAX));
}

/** The words of all texts inside the values, each once, up to the limit. */
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

/** The words that a search looks for. The beginning of an id is one word. */
export const searchedTerms = (text: string): readonly string[] => [
  ...new Set(
    text
      .normalize('NFKC')
      .toLowerCase()
      .split(/\s+/)
      .flatMap((part) => (PART_OF_ID.test(part) ? [part.slice(0, TERM_LENGTH_MAX)] : termsOf(part))),
  ),
];
