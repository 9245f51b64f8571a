import type { JsonObject } from '../../ledger/canonical-json.js';
import {
  childrenOf,
  derivedTypeOf,
  linkNamesOf,
  type PolicyType,
} from '../../policies/catalogue/policy-types.js';

/** One read that a policy needs besides its row in the listing. */
export interface PolicyRead {
  readonly part: 'assignments' | 'content' | 'own_address' | 'child' | 'link';
  /** The property that the answer provides. */
  readonly name: string;
  /** Path below the API version, with its query. */
  readonly path: string;
}

/** The reads that a policy needs besides its row, which comes from the listing or from a query for one policy. */
export function readsOf(type: PolicyType, id: string, row: JsonObject): readonly PolicyRead[] {
  const path = `${type.path}/${encodeURIComponent(id)}`;
  const reads: PolicyRead[] = [];
  const isAsked =
    type.assignments === 'expanded' ? !hasAllAssignments(row) : type.assignments === 'own_collection';
  if (isAsked) reads.push({ part: 'assignments', name: 'assignments', path: `${path}/assignments` });
  if (type.content !== null) {
    const { name, query } = type.content;
    reads.push({ part: 'content', name, path: withQuery(`${path}/${name}`, query) });
  }
  const own = ownPath(type, id, row);
  if (own !== null) reads.push({ part: 'own_address', name: '', path: own });
  for (const child of childrenOf(type, row)) {
    if (child.expanded || !child.isNeeded(row)) continue;
    const { name, query, derivedTypes } = child;
    const at = derivedTypes === null ? path : `${path}/microsoft.graph.${derivedTypeOf(row)}`;
    reads.push({ part: 'child', name, path: withQuery(`${at}/${name}`, query) });
  }
  for (const name of linkNamesOf(type, row))
    reads.push({ part: 'link', name, path: `${path}/microsoft.graph.${derivedTypeOf(row)}/${name}` });
  return reads;
}

/** Query of a type's listing or of one of its rows; it expands assignments unless Graph refuses that. */
export function rowQuery(type: PolicyType, expandsAssignments: boolean): string {
  const { listQuery } = type;
  if (type.assignments !== 'expanded' || !expandsAssignments) return listQuery;
  return listQuery === '' ? '$expand=assignments' : `${listQuery},assignments`;
}

/** The row's assignments; empty where it has none. */
export function expandedAssignments({ assignments }: JsonObject): readonly JsonObject[] {
  if (!Array.isArray(assignments)) return [];
  return assignments.filter((entry): entry is JsonObject => entry !== null && typeof entry === 'object');
}

/** A policy's own fields: without its assignments, which are stored separately, and without their annotations. */
export function ownFields(body: JsonObject): JsonObject {
  const own = Object.entries(body).filter(
    ([field]) => field !== 'assignments' && !field.startsWith('assignments@') && field !== '@odata.context',
  );
  return Object.fromEntries(own);
}

/** Whether the row has all assignments; an expanded list may have further pages. */
function hasAllAssignments(row: JsonObject): boolean {
  return Array.isArray(row.assignments) && row['assignments@odata.nextLink'] === undefined;
}

function ownPath(type: PolicyType, id: string, row: JsonObject): string | null {
  if (type.ownAddress === null) return null;
  const { collections, query } = type.ownAddress;
  const own = collections[derivedTypeOf(row)] ?? { path: type.path, query };
  return withQuery(`${own.path}/${encodeURIComponent(id)}`, own.query);
}

/** A path with its query, which may be empty. */
export function withQuery(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`;
}
