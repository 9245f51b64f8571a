import { searchedTerms } from '../../../projections/hub/search-terms.js';
import type { HubRead } from './hub-read.js';

/**
 * How many words of the tenant one searched word may stand for as their beginning. With more of them, only runs with
 * exactly the searched word are found.
 */
const WORDS_PER_BEGINNING = 50;
/** How many words of a search are used. */
const SEARCHED_MAX = 8;

/** A search that is ready for queries: a run must have one word of each entry. */
export interface RunSearch {
  readonly words: readonly (readonly string[])[];
  /** Searched words that too many words begin with. They are searched for as whole words. */
  readonly tooShort: readonly string[];
}

export const NO_SEARCH: RunSearch = { words: [], tooShort: [] };

/** Looks up the words of the tenant's runs that begin with the searched words. */
export async function runSearch(db: HubRead, q: string | undefined): Promise<RunSearch> {
  if (q === undefined) return NO_SEARCH;
  const words: (readonly string[])[] = [];
  const tooShort: string[] = [];
  for (const word of searchedTerms(q).slice(0, SEARCHED_MAX)) {
    const found = await termsFrom(db, word, WORDS_PER_BEGINNING + 1);
    if (found.length > WORDS_PER_BEGINNING) tooShort.push(word);
    words.push(found.length > WORDS_PER_BEGINNING ? [word] : found);
  }
  return { words, tooShort };
}

/** Words that begin with a text, in order. Each word takes one index lookup, however many runs have it. */
export async function termsFrom(db: HubRead, beginning: string, limit: number): Promise<readonly string[]> {
  const end = `${beginning}\u{10ffff}`;
  const rows = await db
    .withRecursive('found', (query) =>
      query
        .selectFrom('run_terms')
        .select((select) => select.fn.min<string | null>('term').as('term'))
        .where('term', '>=', beginning)
        .where('term', '<', end)
        .unionAll(
          query
            .selectFrom('found')
            .where('found.term', 'is not', null)
            .select((select) =>
              select
                .selectFrom('run_terms')
                .select((least) => least.fn.min<string | null>('run_terms.term').as('term'))
                .whereRef('run_terms.term', '>', 'found.term')
                .where('run_terms.term', '<', end)
                .as('term'),
            ),
        ),
    )
    .selectFrom('found')
    .select('term')
    .where('term', 'is not', null)
    .limit(limit)
    .execute();
  return rows.flatMap(({ term }) => term ?? []);
}
