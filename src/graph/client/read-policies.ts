import type { JsonObject } from '../../ledger/canonical-json.js';
import { type PolicyType, policyName } from '../../policies/policy-types.js';
import { nestingDepth } from '../exact-json.js';
import { BATCH_REQUESTS_MAX, type BatchResult, readBatch } from './batch.js';
import type { ClientParts } from './graph-call.js';
import { GraphError } from './graph-error.js';
import { declaredCount, ownLink, readPages, rowsOf } from './pages.js';
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
export interface GraphPolicyFailure {
  readonly kind: 'failure';
  readonly type: PolicyType;
  /** Empty where Graph answered an entry without an id. */
  readonly id: string;
  readonly name: string;
  readonly error: GraphError;
}

export type PolicyReadResult = GraphPolicy | GraphPolicyFailure;

/** Deeper than any policy is; the ledger stores nothing deeper either. */
const NESTING_MAX = 100;

/**
 * Reads all policies of a type in the order of Graph's listing: page by page, their details in batches, a few
 * batches at once, so that memory holds those batches and no more. Errors: GraphError where the type itself
 * can't be read to its end (also after some were yielded), or where waiting would exceed the budget; the
 * signal's reason.
 */
export async function* readPolicies(
  parts: ClientParts,
  call: BudgetedCall,
  type: PolicyType,
  onDeclared: (count: number) => void = () => {},
): AsyncGenerator<PolicyReadResult> {
  const first = new URL(`${type.path}${type.listQuery === '' ? '' : `?${type.listQuery}`}`, parts.root);
  const perPolicy = detailPaths(type, '').length;
  const groupSize = Math.floor(BATCH_REQUESTS_MAX / perPolicy);
  const seen = new Set<string>();
  const underWay: Promise<readonly PolicyReadResult[]>[] = [];
  const abandoned = new AbortController();
  const signals = call.signal ? [call.signal, abandoned.signal] : [abandoned.signal];
  const own: BudgetedCall = { ...call, signal: AbortSignal.any(signals) };
  let told = false;
  try {
    for await (const page of readPages(parts, own, first)) {
      if (page.declared !== null && !told) onDeclared(page.declared);
      told ||= page.declared !== null;
      // A page that moved while it was read can show a policy twice.
      const fresh = page.rows.filter((row) => !seen.has(idOf(row)));
      for (const row of fresh) if (idOf(row) !== '') seen.add(idOf(row));
      for (let start = 0; start < fresh.length; start += groupSize) {
        if (underWay.length >= parts.limits.batchesAtOnceMax) yield* (await underWay.shift()) ?? [];
        const group = readDetails(parts, own, type, fresh.slice(start, start + groupSize));
        // Awaited in order; one that fails before its turn is no unhandled rejection.
        group.catch(() => {});
        underWay.push(group);
      }
    }
    while (underWay.length > 0) yield* (await underWay.shift()) ?? [];
  } finally {
    // Whoever stops early, or fails, needs the batches no more that are still under way.
    abandoned.abort();
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
  const url = new URL(`${path}${type.listQuery === '' ? '' : `?${type.listQuery}`}`, parts.root);
  const { body } = await request(parts, call, { method: 'GET', url, reads: true });
  if (body === null) throw failed('malformed_answer', path);
  const { '@odata.context': _context, ...raw } = body;
  const rows = async (name: string, query: string) => {
    const all: JsonObject[] = [];
    for await (const page of readPages(parts, call, new URL(withQuery(`${path}/${name}`, query), parts.root)))
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
  if (isShort(policy)) throw failed('incomplete_page', path);
  if (isTooDeep(policy)) throw failed('malformed_answer', path);
  return policy;
}

async function readDetails(
  parts: ClientParts,
  call: BudgetedCall,
  type: PolicyType,
  rows: readonly JsonObject[],
): Promise<readonly PolicyReadResult[]> {
  const readable = rows.filter((row) => idOf(row) !== '');
  const paths = readable.flatMap((row) => detailPaths(type, idOf(row)));
  const answers = await readBatch(parts, call, paths);
  const perPolicy = paths.length / Math.max(1, readable.length);
  const results: PolicyReadResult[] = [];
  for (const row of rows) {
    const index = readable.indexOf(row);
    if (index < 0) {
      results.push({ ...identity(type, row), kind: 'failure', error: failed('malformed_answer', type.path) });
      continue;
    }
    const own = answers.slice(index * perPolicy, (index + 1) * perPolicy);
    results.push(await assemble(parts, call, type, row, own));
  }
  return results;
}

async function assemble(
  parts: ClientParts,
  call: BudgetedCall,
  type: PolicyType,
  row: JsonObject,
  answers: readonly BatchResult[],
): Promise<PolicyReadResult> {
  try {
    const policy = await fromAnswers(parts, call, type, row, answers).catch(noneIfIncomplete);
    // The policy was edited between its listing and its settings, or a page is short: read it anew, alone.
    if (policy === null || isShort(policy)) return await readPolicy(parts, call, type, idOf(row));
    if (isTooDeep(policy)) throw failed('malformed_answer', type.path);
    return policy;
  } catch (error) {
    // Without a budget for waiting every further policy would fail the same way.
    if (!(error instanceof GraphError) || error.reasonCode === 'graph_throttled') throw error;
    return { ...identity(type, row), kind: 'failure', error };
  }
}

async function fromAnswers(
  parts: ClientParts,
  call: BudgetedCall,
  type: PolicyType,
  row: JsonObject,
  [assignmentsAnswer, ...others]: readonly BatchResult[],
): Promise<GraphPolicy> {
  const assignments = await allRows(parts, call, assignmentsAnswer);
  const settings = type.content === null ? null : await allRows(parts, call, others[0]);
  const { '@odata.context': _context, ...raw } = type.detailById ? bodyOf(others.at(-1)) : row;
  const name = policyName(type, raw);
  return { kind: 'policy', type, id: idOf(row), name, raw, settings, assignments };
}

function noneIfIncomplete(error: unknown): null {
  if (error instanceof GraphError && error.problem === 'incomplete_page') return null;
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
    if (rows.length < (declaredCount(body) ?? 0)) throw failed('incomplete_page', '$batch');
    return rows;
  }
  const next = typeof link === 'string' ? ownLink(parts, link) : null;
  if (next === null) throw failed('foreign_link', '$batch');
  for await (const page of readPages(parts, call, next, rows.length))
    for (const row of page.rows) rows.push(row);
  return rows;
}

function bodyOf(answer: BatchResult | undefined): JsonObject {
  if (answer === undefined) throw failed('malformed_answer', '$batch');
  if ('error' in answer) throw answer.error;
  return answer.body;
}

/** Whether the policy declares another number of settings than were received. */
function isShort(policy: GraphPolicy): boolean {
  const field = policy.type.content?.countField;
  const declared = field ? policy.raw[field] : undefined;
  return typeof declared === 'number' && declared !== policy.settings?.length;
}

function isTooDeep({ raw, settings, assignments }: GraphPolicy): boolean {
  return nestingDepth([raw, settings, assignments], NESTING_MAX) > NESTING_MAX;
}

function identity(type: PolicyType, row: JsonObject) {
  return { type, id: idOf(row), name: policyName(type, row) };
}

/** An id that can stand in an address as it is; an answer without one can't be read further. */
const ID = /^(?!\.+$)[^\s/?#%\\]{1,200}$/;

function idOf(row: JsonObject): string {
  const { id } = row;
  return typeof id === 'string' && ID.test(id) ? id : '';
}

function withQuery(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`;
}

function failed(problem: 'malformed_answer' | 'incomplete_page' | 'foreign_link', path: string): GraphError {
  return new GraphError({ problem, method: 'GET', path });
}
