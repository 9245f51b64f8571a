import { searchedTerms } from '../../../projections/hub/search-terms.js';
import type { HubRead } from './hub-read.js';

/** Words that one beginning may stand for; with more, only runs that have the very word are found. */
const WORDS_PER_BEGINNING = 50;
/** Words of one search. */
const SEARCHED_MAX = 8;

/** A search, ready for a query: each entry holds the words of which a run must have one. */
export interface RunSearch {
  readonly words: readonly (readonly string[])[];
  /** Words that are the beginning of too many others to be looked up by it. */
  readonly tooShort: readonly string[];
}

export const NO_SEARCH: RunSearch = { words: [], tooShort: [] };

/** Looks up which words of the tenant's runs the searched ones are the beginning of. */
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

/** Words that begin with a text, in order: one look into the index for each, however many runs have it. */
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
