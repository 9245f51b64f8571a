import type { Json, JsonObject } from '../../ledger/canonical-json.js';
import { shownPath } from './attempt.js';
import type { ClientParts } from './graph-call.js';
import { GraphError, type GraphProblem } from './graph-error.js';
import { type BudgetedCall, request } from './request.js';

export interface GraphPage {
  readonly rows: readonly JsonObject[];
  /** `@odata.count` of this page, or null when Graph doesn't send it. */
  readonly declared: number | null;
  /** On the last page of a delta read: the link for reading later changes. */
  readonly deltaLink: string | null;
  /** The link to the next page, from which `pages` can continue later; null on the last page. */
  readonly nextLink: string | null;
}

/**
 * Reads a collection page by page as `readPages` does. A collection with fewer entries than declared is read a
 * second time, and the missing entries are yielded. Errors: GraphError (`count_mismatch` if it is short again), or
 * the signal's reason.
 */
export async function* readCollection(
  parts: ClientParts,
  call: BudgetedCall,
  first: URL,
): AsyncGenerator<GraphPage> {
  const seenIds = new Set<string>();
  let withoutId = 0;
  try {
    for await (const page of readPages(parts, call, first)) {
      for (const { id } of page.rows)
        if (typeof id === 'string') seenIds.add(id);
        else withoutId += 1;
      yield page;
    }
    return;
  } catch (error) {
    // For an entry without an id it isn't known whether it was yielded before.
    if (!(error instanceof GraphError) || error.problem !== 'count_mismatch' || withoutId > 0) throw error;
  }
  for await (const page of readPages(parts, call, first)) {
    const missed = page.rows.filter(({ id }) => typeof id !== 'string' || !seenIds.has(id));
    yield { ...page, rows: missed };
  }
}

/**
 * Reads a collection page by page, once. It follows links only below the client's own address and never in a
 * circle, and compares the number of entries with the declared one (too few fail as `shortAs`). Errors:
 * GraphError, or the signal's reason.
 */
export async function* readPages(
  parts: ClientParts,
  call: BudgetedCall,
  first: URL,
  {
    receivedBefore = 0,
    shortAs = 'count_mismatch',
  }: { readonly receivedBefore?: number; readonly shortAs?: 'count_mismatch' | 'incomplete_answer' } = {},
): AsyncGenerator<GraphPage> {
  const seenLinks = new Set<string>();
  const seenIds = new Set<string>();
  let declared: number | null = null;
  let withoutId = receivedBefore;
  let next: URL | null = first;
  while (next !== null) {
    const url: URL = next;
    const fail = (problem: GraphProblem) =>
      new GraphError({ problem, method: 'GET', path: shownPath(parts, url) });
    if (seenLinks.has(url.href)) throw fail('paging_loop');
    if (seenLinks.size >= parts.limits.pagesMax) throw fail('too_many_pages');
    seenLinks.add(url.href);

    const { body } = await request(parts, call, { method: 'GET', url, reads: true });
    const rows = pageRows(body);
    if (body === null || rows === null) throw fail('malformed_answer');
    for (const row of rows) {
      if (typeof row.id === 'string') seenIds.add(row.id);
      else withoutId += 1;
    }
    declared ??= declaredCount(body);
    next = followed(parts, body['@odata.nextLink'], fail);
    const deltaLink = body['@odata.deltaLink'];
    yield {
      rows,
      declared,
      deltaLink: typeof deltaLink === 'string' ? deltaLink : null,
      nextLink: next?.href ?? null,
    };
    const received = seenIds.size + withoutId;
    if (next === null && declared !== null && received < declared) {
      const path = shownPath(parts, url);
      throw new GraphError({ problem: shortAs, method: 'GET', path, count: { declared, received } });
    }
  }
}

/** The address of a link in an answer, if it is below the client's own address. */
export function ownLink(parts: ClientParts, link: string): URL | null {
  if (!URL.canParse(link)) return null;
  const url = new URL(link);
  const own = url.origin === parts.root.origin && url.pathname.startsWith(parts.root.pathname);
  return own && url.username === '' && url.password === '' ? url : null;
}

function followed(
  parts: ClientParts,
  link: Json | undefined,
  fail: (problem: GraphProblem) => GraphError,
): URL | null {
  if (link === undefined || link === null) return null;
  const url = typeof link === 'string' ? ownLink(parts, link) : null;
  if (url === null) throw fail('foreign_link');
  return url;
}

/** The rows of a page, or null when the answer has no list of objects. */
export function pageRows(body: JsonObject | null): JsonObject[] | null {
  const value = body?.value;
  if (!Array.isArray(value)) return null;
  const rows = value.filter(
    (row): row is JsonObject => row !== null && typeof row === 'object' && !Array.isArray(row),
  );
  return rows.length === value.length ? rows : null;
}

/** The number of entries that a page declares for the whole list; null when it has none that is sensible. */
export function declaredCount(body: JsonObject): number | null {
  const count = body['@odata.count'];
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null;
}
