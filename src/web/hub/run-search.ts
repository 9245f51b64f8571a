import { searchedTerms } from '../../../projections/hub/search-terms.js';
import type { HubRead } from './hub-read.js';

/**
 * The most words of the tenant that may begin with one searched word. With more of them, only runs with
 * exactly the searched word are found.
 */
const WORDS_PER_BEGINNING = 50;
/** How many words of a search are used. */
const SEARCHED_MAX = 8;

/** The tables of words that can be searched. */
type WordTable = 'run_terms' | 'policy_terms' | 'setting_terms';

/** A search that is ready for queries: a run must have one word of each entry. */
export interface RunSearch {
  readonly words: readonly (readonly string[])[];
  /** Searched words that too many words begin with. They are searched for as whole words. */
  readonly tooShort: readonly string[];
}

export const NO_SEARCH: RunSearch = { words: [], tooShort: [] };

/** Looks up the words of the tenant's runs, of its policies or of their settings that begin with the searched words. */
export async function runSearch(
  db: HubRead,
  q: string | undefined,
  table: WordTable = 'run_terms',
): Promise<RunSearch> {
  if (q === undefined) return NO_SEARCH;
  const words: (readonly string[])[] = [];
  const tooShort: string[] = [];
  for (const word of searchedTerms(q).slice(0, SEARCHED_MAX)) {
    const found = await termsWithPrefix(db, word, WORDS_PER_BEGINNING + 1, table);
    if (found.length > WORDS_PER_BEGINNING) tooShort.push(word);
    words.push(found.length > WORDS_PER_BEGINNING ? [word] : found);
  }
  return { words, tooShort };
}

/** Words that begin with a text, in order. Each word takes one index lookup, however many runs have it. */
export async function termsWithPrefix(
  db: HubRead,
  beginning: string,
  limit: number,
  table: WordTable = 'run_terms',
): Promise<readonly string[]> {
  // All of these tables have the column `term`, which is all that the query uses.
  const words = `${table as 'run_terms'} as word` as const;
  const end = `${beginning}\u{10ffff}`;
  const rows = await db
    .withRecursive('found', (query) =>
      query
        .selectFrom(words)
        .select((select) => select.fn.min<string | null>('term').as('term'))
        .where('term', '>=', beginning)
        .where('term', '<', end)
        .unionAll(
          query
            .selectFrom('found')
            .where('found.term', 'is not', null)
            .select((select) =>
              select
                .selectFrom(words)
                .select((least) => least.fn.min<string | null>('word.term').as('term'))
                .whereRef('word.term', '>', 'found.term')
                .where('word.term', '<', end)
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
