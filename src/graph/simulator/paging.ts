import type { GraphRequest } from './graph-answer.js';

/** Where a page begins and how many entities it may hold. */
export interface PageRequest {
  readonly after: number;
  readonly size: number;
}

/** Reads `$top` and `$skiptoken`; null when either is invalid. */
export function pageRequest(query: URLSearchParams, pageSize: number, sizeMax: number): PageRequest | null {
  const top = query.get('$top');
  if (top !== null && !/^[1-9]\d{0,6}$/.test(top)) return null;
  const token = query.get('$skiptoken');
  const after = token === null ? 0 : decodeToken(token);
  if (after === null) return null;
  return { after, size: Math.min(top === null ? pageSize : Number(top), sizeMax) };
}

/** The address of the next page: the same query with another `$skiptoken`. */
export function nextLink(request: GraphRequest, after: number): string {
  const query = new URLSearchParams(request.query);
  query.set('$skiptoken', encodeToken(after));
  const path = request.segments.map(encodeURIComponent).join('/');
  return `${request.base}/${path}?${queryText(query)}`;
}

/** Opaque to clients, as Graph's are. */
function encodeToken(after: number): string {
  return Buffer.from(`p${after}`).toString('base64url');
}

function decodeToken(token: string): number | null {
  const match = /^p(\d{1,15})$/.exec(Buffer.from(token, 'base64url').toString('utf8'));
  return match ? Number(match[1]) : null;
}

/** The text of a query; as in Graph's links, `$` and `,` aren't escaped. */
export function queryText(query: URLSearchParams): string {
  return query.toString().replaceAll('%24', '$').replaceAll('%2C', ',');
}
