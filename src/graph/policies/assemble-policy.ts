import { batchesOf } from '../../batches-of.js';
import type { JsonObject } from '../../ledger/canonical-json.js';
import { nestingDepth } from '../../ledger/exact-json.js';
import { isJsonObject } from '../../ledger/json-values.js';
import type { ChildCollection, ChildRows } from '../../policies/catalogue/policy-type.js';
import { childrenOf, type PolicyType, policyName } from '../../policies/catalogue/policy-types.js';
import type { Attached } from '../../policies/policy-document.js';
import { BATCH_REQUESTS_MAX, type BatchResult, readBatch } from '../client/batch.js';
import type { ClientParts } from '../client/graph-call.js';
import { GraphError, type GraphErrorFacts } from '../client/graph-error.js';
import { declaredCount, ownLink, pageRows, readPages } from '../client/pages.js';
import type { BudgetedCall } from '../client/request.js';
import type { GraphPolicy } from './graph-policy.js';
import { expandedAssignments, ownFields, type PolicyRead, withQuery } from './policy-reads.js';

/** A policy's row, its id, and the further reads that it needs. */
export interface ListedPolicy {
  readonly type: PolicyType;
  readonly id: string;
  readonly row: JsonObject;
  readonly reads: readonly PolicyRead[];
}

/** Deeper than any policy; also the deepest nesting that the ledger stores. */
const NESTING_MAX = 100;

/**
 * Assembles a policy from its row and the answers to its reads, in their order; further pages of lists are read.
 * Errors: GraphError (`incomplete_answer` when the number of rows isn't the declared one).
 */
export async function assemblePolicy(
  parts: ClientParts,
  call: BudgetedCall,
  { type, id, row, reads }: ListedPolicy,
  answers: readonly BatchResult[],
): Promise<GraphPolicy> {
  const attached: Record<string, readonly JsonObject[]> = {};
  let own = row;
  let assignments = expandedAssignments(row);
  let settings: readonly JsonObject[] | null = null;
  for (const [index, { part, name }] of reads.entries()) {
    const answer = answers[index];
    if (part === 'own_address') own = bodyOf(answer);
    else if (part === 'assignments') assignments = await allRows(parts, call, answer);
    else if (part === 'content') settings = await allRows(parts, call, answer);
    else {
      const child = childrenOf(type, row).find((one) => one.name === name);
      const rows = await (child ? childRows(parts, call, child, answer) : linkedRows(parts, call, answer));
      if (rows !== null) attached[name] = rows;
    }
  }
  if (type.assignments === 'own_address') assignments = expandedAssignments(own);
  const raw = ownFields(own);
  for (const child of childrenOf(type, row)) {
    if (!child.expanded && !child.isNeeded(row)) attached[child.name] = [];
    if (!child.expanded) continue;
    const { [child.name]: rows } = raw;
    delete raw[child.name];
    if (Array.isArray(rows)) attached[child.name] = rows.filter(isJsonObject);
  }
  const name = policyName(type, raw);
  const policy: GraphPolicy = {
    kind: 'policy',
    type,
    id,
    name,
    raw,
    settings,
    assignments,
    ...attachedOf(attached),
  };
  assertWhole(policy);
  return policy;
}

/** Left out for types without attached content, so that equal policies keep equal bytes. */
function attachedOf(attached: Attached): { readonly attached?: Attached } {
  return Object.keys(attached).length === 0 ? {} : { attached };
}

function assertWhole(policy: GraphPolicy): void {
  const { type, raw, settings, assignments, attached = {} } = policy;
  const declared = type.content?.countField ? raw[type.content.countField] : undefined;
  const received = settings?.length ?? 0;
  if (typeof declared === 'number' && declared !== received)
    throw failed('incomplete_answer', type.path, { declared, received });
  const depth = nestingDepth([raw, settings, assignments, attached], NESTING_MAX);
  if (depth > NESTING_MAX) throw failed('nested_too_deep', type.path);
}

/** The rows of a first page that came in a batch, and of the following pages. */
async function allRows(
  parts: ClientParts,
  call: BudgetedCall,
  answer: BatchResult | undefined,
): Promise<readonly JsonObject[]> {
  const body = bodyOf(answer);
  const rows = pageRows(body);
  if (rows === null) throw failed('malformed_answer', '$batch');
  const link = body['@odata.nextLink'];
  if (link === undefined || link === null) {
    const count = { declared: declaredCount(body) ?? 0, received: rows.length };
    if (count.received < count.declared) throw failed('incomplete_answer', '$batch', count);
    return rows;
  }
  const next = typeof link === 'string' ? ownLink(parts, link) : null;
  if (next === null) throw failed('foreign_link', '$batch');
  const rest = readPages(parts, call, next, { receivedBefore: rows.length, shortAs: 'incomplete_answer' });
  for await (const page of rest) for (const row of page.rows) rows.push(row);
  return rows;
}

/**
 * The rows of a child collection; rows that it returns in part are read at their own addresses. Null where Graph refuses
 * the collection, which is then not compared.
 */
async function childRows(
  parts: ClientParts,
  call: BudgetedCall,
  { optional, rows: whole }: ChildCollection,
  answer: BatchResult | undefined,
): Promise<readonly JsonObject[] | null> {
  if (optional && answer && 'error' in answer && REFUSED.has(answer.error.status)) return null;
  const listed = await allRows(parts, call, answer);
  return whole === null ? listed : wholeRows(parts, call, whole, listed);
}

async function wholeRows(
  parts: ClientParts,
  call: BudgetedCall,
  { path, query }: ChildRows,
  listed: readonly JsonObject[],
): Promise<readonly JsonObject[]> {
  const rows: JsonObject[] = [];
  for (const batch of batchesOf(listed, BATCH_REQUESTS_MAX)) {
    const paths = batch.map(({ id }) => `${path}/${encodeURIComponent(String(id))}`);
    let answers = await readBatch(
      parts,
      call,
      paths.map((one) => withQuery(one, query)),
    );
    // Some clouds may not know the query yet.
    if (query !== '' && answers.some((one) => 'error' in one && one.error.status === REFUSED_QUERY))
      answers = await readBatch(parts, call, paths);
    for (const row of answers) rows.push(ownFields(bodyOf(row)));
  }
  return rows;
}

/**
 * Graph answers 404 when nothing is linked, and 400 or 403 when a policy has no such link or the link can't be read.
 */
const NOTHING_LINKED = 404;
const NO_SUCH_LINK: ReadonlySet<number | null> = new Set([400, 403]);
/** Graph answers so where a policy doesn't have an optional collection, or it can't be read. */
const REFUSED: ReadonlySet<number | null> = new Set([...NO_SUCH_LINK, NOTHING_LINKED]);
const REFUSED_QUERY = 400;

/** The linked objects: several, one or none. Null when Graph doesn't return the link, which is then not compared. */
async function linkedRows(
  parts: ClientParts,
  call: BudgetedCall,
  answer: BatchResult | undefined,
): Promise<readonly JsonObject[] | null> {
  if (answer && 'error' in answer) {
    const { status } = answer.error;
    if (status === NOTHING_LINKED) return [];
    if (NO_SUCH_LINK.has(status)) return null;
  }
  const body = bodyOf(answer);
  if (Array.isArray(body.value)) return allRows(parts, call, answer);
  const { '@odata.context': _context, value: _value, ...single } = body;
  return typeof single.id === 'string' ? [single] : [];
}

function bodyOf(answer: BatchResult | undefined): JsonObject {
  if (answer === undefined) throw failed('malformed_answer', '$batch');
  if ('error' in answer) throw answer.error;
  return answer.body;
}

/** The error for an answer that can't be a policy or a part of one. */
export function failed(
  problem: GraphErrorFacts['problem'],
  path: string,
  count?: GraphErrorFacts['count'],
): GraphError {
  return new GraphError({ problem, method: 'GET', path, ...(count && { count }) });
}
