import type { JsonObject } from '../../ledger/canonical-json.js';
import { type PolicyType, policyName } from '../../policies/policy-types.js';
import { nestingDepth } from '../exact-json.js';
import { BATCH_REQUESTS_MAX, type BatchResult, readBatch } from './batch.js';
import type { ClientParts } from './graph-call.js';
import { concernsEveryCall, GraphError, type GraphErrorFacts, type GraphReasonCode } from './graph-error.js';
import { declaredCount, ownLink, readCollection, readPages, rowsOf } from './pages.js';
import { type BudgetedCall, request } from './request.js';

/** One policy whole, as Graph answers it. */
export interface GraphPolicy {
  readonly kind: 'policy';
  readonly type: PolicyType;
  readonly id: string;
  readonly name: string;
  /** The policy's own fields. */
  readonly raw: JsonObject;
  /** The rows of its content sub-resource (`type.content`), or null where the type has none. */
  readonly settings: readonly JsonObject[] | null;
  readonly assignments: readonly JsonObject[];
}

/** One policy that couldn't be read; the others of its type go on. */
export interface UnreadPolicy {
  readonly kind: 'unread';
  readonly type: PolicyType;
  /** As Graph answered it; null where the entry has none. */
  readonly id: string | null;
  /** As Graph answered it; null where the entry has none. */
  readonly name: string | null;
  readonly reasonCode: GraphReasonCode;
  /** Why, in words that hold nothing of Graph's own. */
  readonly reason: string;
}

export type PolicyReadResult = GraphPolicy | UnreadPolicy;

/** Deeper than any policy is; the ledger stores nothing deeper either. */
const NESTING_MAX = 100;

/**
 * Reads all policies of a type in the order of Graph's listing: page by page, their details in batches, a few
 * batches at once, so that memory holds those batches and no more. A policy that can't be read is yielded as
 * unread. Errors, thrown after everything that was listed until then has been yielded: GraphError where the
 * listing can't be read to its end. Errors, thrown at once: GraphError where waiting would exceed the budget or
 * where Graph accepts no token; the signal's reason.
 */
export async function* readPolicies(
  parts: ClientParts,
  call: BudgetedCall,
  type: PolicyType,
  onDeclared: (count: number) => void = () => {},
): AsyncGenerator<PolicyReadResult> {
  const groupSize = Math.floor(BATCH_REQUESTS_MAX / detailPaths(type, '').length);
  const underWay: Promise<readonly PolicyReadResult[]>[] = [];
  const abandoned = new AbortController();
  const signals = call.signal ? [call.signal, abandoned.signal] : [abandoned.signal];
  const own: BudgetedCall = { ...call, signal: AbortSignal.any(signals) };
  let listingFailed: GraphError | null = null;
  const listed = listedRows(parts, own, type, onDeclared);
  try {
    for (;;) {
      const rows = await listed.next().catch((error: unknown) => {
        if (!(error instanceof GraphError)) throw error;
        listingFailed = error;
        return { done: true, value: undefined } as const;
      });
      if (rows.done) break;
      for (let start = 0; start < rows.value.length; start += groupSize) {
        if (underWay.length >= parts.limits.batchesAtOnceMax) yield* (await underWay.shift()) ?? [];
        const group = readDetails(parts, own, type, rows.value.slice(start, start + groupSize));
        // Awaited in order; one that fails before its turn is no unhandled rejection.
        group.catch(() => {});
        underWay.push(group);
      }
    }
    while (underWay.length > 0) yield* (await underWay.shift()) ?? [];
    if (listingFailed) throw listingFailed;
  } finally {
    // Whoever stops early, or fails, needs the batches no more that are still under way.
    abandoned.abort();
  }
}

/** The rows of a type's listing, page by page, each policy once: a page that moved can show one twice. */
async function* listedRows(
  parts: ClientParts,
  call: BudgetedCall,
  type: PolicyType,
  onDeclared: (count: number) => void,
): AsyncGenerator<readonly JsonObject[]> {
  const seen = new Set<string>();
  const listing = new URL(withQuery(type.path, type.listQuery), parts.root);
  let told = false;
  for await (const page of readCollection(parts, call, listing)) {
    if (page.declared !== null && !told) onDeclared(page.declared);
    told ||= page.declared !== null;
    const fresh: JsonObject[] = [];
    for (const row of page.rows) {
      const id = usableId(row);
      if (id !== null && seen.has(id)) continue;
      if (id !== null) seen.add(id);
      fresh.push(row);
    }
    yield fresh;
  }
}

/** Reads one policy whole by its id. Errors: GraphError, or the signal's reason. */
export async function readPolicy(
  parts: ClientParts,
  call: BudgetedCall,
  type: PolicyType,
  id: string,
): Promise<GraphPolicy> {
  const path = `${type.path}/${encodeURIComponent(id)}`;
  const url = new URL(withQuery(path, type.listQuery), parts.root);
  const { body } = await request(parts, call, { method: 'GET', url, reads: true });
  if (body === null) throw failed('malformed_answer', path);
  const { '@odata.context': _context, ...raw } = body;
  const rows = async (name: string, query: string) => {
    const all: JsonObject[] = [];
    const first = new URL(withQuery(`${path}/${name}`, query), parts.root);
    for await (const page of readPages(parts, call, first, { shortAs: 'incomplete_answer' }))
      for (const row of page.rows) all.push(row);
    return all;
  };
  const assignments = await rows('assignments', '');
  const settings = type.content === null ? null : await rows(type.content.name, type.content.query);
  const policy: GraphPolicy = {
    kind: 'policy',
    type,
    id,
    name: policyName(type, raw),
    raw,
    settings,
    assignments,
  };
  const count = miscount(policy);
  if (count) throw failed('incomplete_answer', path, count);
  if (isTooDeep(policy)) throw failed('nested_too_deep', path);
  return policy;
}

async function readDetails(
  parts: ClientParts,
  call: BudgetedCall,
  type: PolicyType,
  rows: readonly JsonObject[],
): Promise<readonly PolicyReadResult[]> {
  const readable = rows.flatMap((row) => usableId(row) ?? []);
  const answers = await readBatch(
    parts,
    call,
    readable.flatMap((id) => detailPaths(type, id)),
  );
  const perPolicy = answers.length / Math.max(1, readable.length);
  const results: PolicyReadResult[] = [];
  for (const row of rows) {
    const id = usableId(row);
    if (id === null) {
      results.push(unread(type, row, failed('no_usable_id', type.path)));
      continue;
    }
    const index = readable.indexOf(id);
    const own = answers.slice(index * perPolicy, (index + 1) * perPolicy);
    results.push(await assemble(parts, call, type, { id, row }, own));
  }
  return results;
}

/** An entry of a listing whose id can be asked for. */
interface ListedPolicy {
  readonly id: string;
  readonly row: JsonObject;
}

async function assemble(
  parts: ClientParts,
  call: BudgetedCall,
  type: PolicyType,
  listed: ListedPolicy,
  answers: readonly BatchResult[],
): Promise<PolicyReadResult> {
  try {
    const policy = await fromAnswers(parts, call, type, listed, answers).catch(noneIfIncomplete);
    // The policy was edited between its listing and its settings, or a page is short: read it anew, alone.
    if (policy === null || miscount(policy)) return await readPolicy(parts, call, type, listed.id);
    if (isTooDeep(policy)) throw failed('nested_too_deep', type.path);
    return policy;
  } catch (error) {
    if (!(error instanceof GraphError) || concernsEveryPolicy(error)) throw error;
    return unread(type, listed.row, error);
  }
}

/** Without a budget for waiting every further policy would fail in the same way, too. */
function concernsEveryPolicy(error: GraphError): boolean {
  return error.reasonCode === 'graph_throttled' || concernsEveryCall(error);
}

function unread(type: PolicyType, row: JsonObject, error: GraphError): UnreadPolicy {
  const { id, [type.nameField]: name } = row;
  return Object.freeze({
    kind: 'unread',
    type,
    id: typeof id === 'string' && id !== '' ? id : null,
    name: typeof name === 'string' && name !== '' ? name : null,
    reasonCode: error.reasonCode,
    reason: error.message,
  });
}

async function fromAnswers(
  parts: ClientParts,
  call: BudgetedCall,
  type: PolicyType,
  { id, row }: ListedPolicy,
  [assignmentsAnswer, ...others]: readonly BatchResult[],
): Promise<GraphPolicy> {
  const assignments = await allRows(parts, call, assignmentsAnswer);
  const settings = type.content === null ? null : await allRows(parts, call, others[0]);
  const { '@odata.context': _context, ...raw } = type.detailById ? bodyOf(others.at(-1)) : row;
  const name = policyName(type, raw);
  return { kind: 'policy', type, id, name, raw, settings, assignments };
}

function noneIfIncomplete(error: unknown): null {
  if (error instanceof GraphError && error.problem === 'incomplete_answer') return null;
  throw error;
}

/** What one policy's details take, below the API version; assignments first, the policy itself last. */
function detailPaths(type: PolicyType, id: string): string[] {
  const path = `${type.path}/${encodeURIComponent(id)}`;
  const paths = [`${path}/assignments`];
  if (type.content !== null) paths.push(withQuery(`${path}/${type.content.name}`, type.content.query));
  if (type.detailById) paths.push(path);
  return paths;
}

/** The rows of a first page that came in a batch, and of the pages that follow it. */
async function allRows(
  parts: ClientParts,
  call: BudgetedCall,
  answer: BatchResult | undefined,
): Promise<JsonObject[]> {
  const body = bodyOf(answer);
  const rows = rowsOf(body);
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

function bodyOf(answer: BatchResult | undefined): JsonObject {
  if (answer === undefined) throw failed('malformed_answer', '$batch');
  if ('error' in answer) throw answer.error;
  return answer.body;
}

/** What the policy declares and what came, where the two numbers of settings differ. */
function miscount(policy: GraphPolicy): GraphErrorFacts['count'] {
  const field = policy.type.content?.countField;
  const declared = field ? policy.raw[field] : undefined;
  const received = policy.settings?.length ?? 0;
  return typeof declared === 'number' && declared !== received ? { declared, received } : undefined;
}

function isTooDeep({ raw, settings, assignments }: GraphPolicy): boolean {
  return nestingDepth([raw, settings, assignments], NESTING_MAX) > NESTING_MAX;
}

/** An id that can stand in an address as it is. */
const ID = /^(?!\.+$)[^\s/?#%\\]{1,200}$/;

function usableId({ id }: JsonObject): string | null {
  return typeof id === 'string' && ID.test(id) ? id : null;
}

function withQuery(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`;
}

function failed(
  problem: GraphErrorFacts['problem'],
  path: string,
  count?: GraphErrorFacts['count'],
): GraphError {
  return new GraphError({ problem, method: 'GET', path, ...(count && { count }) });
}
