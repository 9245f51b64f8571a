/**
 * Where a page of a list begins; with no field set, the first page. New rows don't move a page, because pages are cut
 * by key.
 */
export interface PagePlace {
  /** Rows after this key, in the order of the list. */
  readonly past?: number | undefined;
  /** The rows directly before this key: the previous page. */
  readonly before?: number | undefined;
  /** The last page. */
  readonly end?: boolean | undefined;
}

/** The rows that a query must read for a page. */
export interface PageCut {
  readonly direction: 'asc' | 'desc';
  /** Only rows with a key on this side of another key; undefined for all rows. */
  readonly beyond: { readonly operator: '>' | '<'; readonly key: number } | undefined;
  readonly limit: number;
}

export interface KeysetPage<Row> {
  readonly rows: readonly Row[];
  readonly hasMore: boolean;
  readonly hasBefore: boolean;
}

/** Reads one page of a list that is ordered by a key, ascending unless the call says otherwise. */
export async function keysetPage<Row>(
  { past, before, end = false }: PagePlace,
  options: { readonly limit: number; readonly descending?: boolean },
  read: (cut: PageCut) => Promise<readonly Row[]>,
): Promise<KeysetPage<Row>> {
  const { limit, descending = false } = options;
  const backwards = end || before !== undefined;
  const ascending = descending === backwards;
  const key = end ? undefined : (before ?? past);
  const found = await read({
    direction: ascending ? 'asc' : 'desc',
    beyond: key === undefined ? undefined : { operator: ascending ? '>' : '<', key },
    limit: limit + 1,
  });
  const { rows, hasMore } = cutPage(found, limit);
  return backwards
    ? { rows: rows.toReversed(), hasMore: !end, hasBefore: hasMore }
    : { rows, hasMore, hasBefore: past !== undefined };
}

/** The rows of a page, cut from a read of up to one row more than `limit`. */
export const cutPage = <Row>(
  found: readonly Row[],
  limit: number,
): { readonly rows: readonly Row[]; readonly hasMore: boolean } => ({
  rows: found.slice(0, limit),
  hasMore: found.length > limit,
});

/** The same with the place of the last row, after which the next page begins; null on the last page. */
export function pageWithNext<Row, Place>(
  found: readonly Row[],
  limit: number,
  placeOf: (last: Row) => Place,
): { readonly rows: readonly Row[]; readonly next: Place | null } {
  const { rows, hasMore } = cutPage(found, limit);
  const last = rows.at(-1);
  return { rows, next: hasMore && last !== undefined ? placeOf(last) : null };
}

/** The addresses of the pages before and after one; null when there is none. */
export interface PageLinks {
  readonly first: string | null;
  readonly previous: string | null;
  readonly next: string | null;
  readonly last: string | null;
}

/** `link` makes an address for a place, and `keyOf` returns the key of a row. */
export function pageLinks<Row>(
  { rows, hasMore, hasBefore }: KeysetPage<Row>,
  keyOf: (row: Row) => number,
  link: (place: { readonly past?: number; readonly before?: number; readonly page?: 'last' }) => string,
): PageLinks {
  const first = rows[0];
  const last = rows.at(-1);
  return {
    first: hasBefore ? link({}) : null,
    previous: hasBefore && first !== undefined ? link({ before: keyOf(first) }) : null,
    next: hasMore && last !== undefined ? link({ past: keyOf(last) }) : null,
    last: hasMore ? link({ page: 'last' }) : null,
  };
}
