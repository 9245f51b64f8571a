/** Where a page of a list begins; the first page without any of them. Pages cut by key stand still while rows come. */
export interface PagePlace {
  /** Rows beyond this key, in the order of the list. */
  readonly past?: number | undefined;
  /** The rows nearest to this key on its other side: the page before. */
  readonly before?: number | undefined;
  /** The last page. */
  readonly end?: boolean | undefined;
}

/** What a query has to read for a page. */
export interface PageCut {
  readonly direction: 'asc' | 'desc';
  /** Rows whose key is on this side of another one, or all of them. */
  readonly beyond: { readonly operator: '>' | '<'; readonly key: number } | undefined;
  readonly limit: number;
}

export interface KeysetPage<Row> {
  readonly rows: readonly Row[];
  readonly hasMore: boolean;
  readonly hasBefore: boolean;
}

/** Reads one page of a list that is ordered by a key, ascending unless said otherwise. */
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
  const more = found.length > limit;
  const rows = found.slice(0, limit);
  return backwards
    ? { rows: rows.reverse(), hasMore: !end, hasBefore: more }
    : { rows, hasMore: more, hasBefore: past !== undefined };
}

/** The addresses of the pages around one; null where there is none. */
export interface PageLinks {
  readonly first: string | null;
  readonly previous: string | null;
  readonly next: string | null;
  readonly last: string | null;
}

/** `link` makes an address of the place that it is given; `keyOf` a row's key. */
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
