import type { JsonObject } from '../../ledger/canonical-json.js';
import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import { BATCH_REQUESTS_MAX, type BatchResult, readBatch } from '../client/batch.js';
import type { ClientParts } from '../client/graph-call.js';
import { concernsEveryCall, GraphError } from '../client/graph-error.js';
import { type GraphPage, readCollection } from '../client/pages.js';
import type { BudgetedCall } from '../client/request.js';
import { assemblePolicy, failed, type ListedPolicy } from './assemble-policy.js';
import type { GraphPolicy, PolicyReadResult, UnreadPolicy } from './graph-policy.js';
import { readsOf, rowQuery, withQuery } from './policy-reads.js';
import { withinPolicyTime } from './policy-time.js';
import { readPolicy, refusesExpanding } from './read-policy.js';

/**
 * Reads all policies of a type in the order of Graph's listing: page by page, with their details in batches, of
 * which a few run at once, so that memory holds only these batches. A policy that can't be read is yielded as
 * unread. Errors after all policies listed so far were yielded: GraphError when the listing can't be read
 * completely. Errors at once: GraphError when waiting would exceed the budget or when Graph accepts no token; the
 * signal's reason.
 */
export function readPolicies(
  parts: ClientParts,
  call: BudgetedCall,
  type: PolicyType,
  onDeclared: (count: number) => void = () => {},
): AsyncGenerator<PolicyReadResult> {
  return readListed(parts, call, type, {
    rows: (own) => listedRows(parts, own, type, onDeclared),
    complete: async (_, results) => results,
  });
}

/** The source of the rows of some policies, and the function that gets the policies of a group once they are read. */
export interface Listed<Result> {
  rows(call: BudgetedCall): AsyncGenerator<readonly JsonObject[]>;
  complete(call: BudgetedCall, results: readonly PolicyReadResult[]): Promise<readonly Result[]>;
}

/** Reads the policies of some rows, in their order, as `readPolicies` does; with the same errors. */
export async function* readListed<Result>(
  parts: ClientParts,
  call: BudgetedCall,
  type: PolicyType,
  { rows: open, complete }: Listed<Result>,
): AsyncGenerator<Result> {
  const underWay: Promise<readonly Result[]>[] = [];
  const abandoned = new AbortController();
  const signals = call.signal ? [call.signal, abandoned.signal] : [abandoned.signal];
  const own: BudgetedCall = { ...call, signal: AbortSignal.any(signals) };
  let listingFailed: GraphError | null = null;
  const listed = open(own);
  try {
    for (;;) {
      const rows = await listed.next().catch((error: unknown) => {
        if (!(error instanceof GraphError)) throw error;
        listingFailed = error;
        return { done: true, value: undefined } as const;
      });
      if (rows.done) break;
      for (const group of groupsOf(type, rows.value)) {
        if (underWay.length >= parts.limits.batchesAtOnceMax) yield* (await underWay.shift()) ?? [];
        const read = readGroup(parts, own, group).then((results) => complete(own, results));
        // Groups are awaited in order, and one that fails before its turn must not become an unhandled rejection.
        read.catch(() => {});
        underWay.push(read);
      }
    }
    while (underWay.length > 0) yield* (await underWay.shift()) ?? [];
    if (listingFailed) throw listingFailed;
  } finally {
    // Cancels the running batches when the consumer stops early or an error was thrown.
    abandoned.abort();
  }
}

/**
 * The rows of a type's listing, page by page. Each policy is yielded once, although a change between two pages can
 * list it twice.
 */
export async function* listedRows(
  parts: ClientParts,
  call: BudgetedCall,
  type: PolicyType,
  onDeclared: (count: number) => void = () => {},
): AsyncGenerator<readonly JsonObject[]> {
  const seen = new Set<string>();
  let declaredReported = false;
  for await (const page of listingPages(parts, call, type)) {
    if (page.declared !== null && !declaredReported) onDeclared(page.declared);
    declaredReported ||= page.declared !== null;
    const unseen: JsonObject[] = [];
    for (const row of page.rows) {
      const id = usableId(row);
      if (id !== null && seen.has(id)) continue;
      if (id !== null) seen.add(id);
      if (!type.leftOut?.is(row)) unseen.push(row);
    }
    yield unseen;
  }
}

/** The listing with expanded assignments, or without them when Graph refuses to expand the first page. */
async function* listingPages(
  parts: ClientParts,
  call: BudgetedCall,
  type: PolicyType,
): AsyncGenerator<GraphPage> {
  const pages = (expands: boolean) =>
    readCollection(parts, call, new URL(withQuery(type.path, rowQuery(type, expands)), parts.root));
  let begun = false;
  try {
    for await (const page of pages(true)) {
      begun = true;
      yield page;
    }
  } catch (error) {
    if (begun || !refusesExpanding(type, error)) throw error;
    yield* pages(false);
  }
}

/** An entry of a listing; without an id none of its details can be read. */
type ListedRow = Omit<ListedPolicy, 'id'> & { readonly id: string | null };

/** The rows in groups whose reads fit into one batch. */
function groupsOf(type: PolicyType, rows: readonly JsonObject[]): readonly (readonly ListedRow[])[] {
  const groups: ListedRow[][] = [];
  let reads = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const id = usableId(row);
    const listed = { type, id, row, reads: id === null ? [] : readsOf(type, id, row) };
    if (reads + listed.reads.length > BATCH_REQUESTS_MAX) {
      groups.push([]);
      reads = 0;
    }
    groups.at(-1)?.push(listed);
    reads += listed.reads.length;
  }
  return groups;
}

async function readGroup(
  parts: ClientParts,
  call: BudgetedCall,
  group: readonly ListedRow[],
): Promise<readonly PolicyReadResult[]> {
  const paths = group.flatMap(({ reads }) => reads.map(({ path }) => path));
  const answers = paths.length === 0 ? [] : await answersInTime(parts, call, paths);
  let taken = 0;
  return Promise.all(
    group.map((listed) => {
      const own = answers?.slice(taken, taken + listed.reads.length) ?? null;
      taken += listed.reads.length;
      return readResult(parts, call, listed, own);
    }),
  );
}

/** The answers to one batch, or null when they don't come within the time limit of one policy. */
async function answersInTime(
  parts: ClientParts,
  call: BudgetedCall,
  paths: readonly string[],
): Promise<readonly BatchResult[] | null> {
  try {
    return await withinPolicyTime(parts, call, '$batch', (bounded) => readBatch(parts, bounded, paths));
  } catch (error) {
    if (error instanceof GraphError && error.problem === 'too_slow') return null;
    throw error;
  }
}

async function readResult(
  parts: ClientParts,
  call: BudgetedCall,
  listed: ListedRow,
  answers: readonly BatchResult[] | null,
): Promise<PolicyReadResult> {
  const { type, id, row } = listed;
  if (id === null) return unread(type, row, failed('no_usable_id', type.path));
  try {
    return await withinPolicyTime(parts, call, type.path, async (bounded) => {
      const policy =
        answers && (await assemblePolicy(parts, bounded, { ...listed, id }, answers).catch(noneIfIncomplete));
      // The policy was edited between its listing and its settings, or a page is short, so it is read again separately.
      return policy ?? (await readPolicy(parts, bounded, type, id));
    });
  } catch (error) {
    if (!(error instanceof GraphError) || concernsEveryPolicy(error)) throw error;
    return unread(type, row, error);
  }
}

/** Whether every further policy would fail in the same way, as they do when the wait budget is spent. */
export function concernsEveryPolicy(error: GraphError): boolean {
  return error.reasonCode === 'graph_throttled' || concernsEveryCall(error);
}

function noneIfIncomplete(error: unknown): GraphPolicy | null {
  if (error instanceof GraphError && error.problem === 'incomplete_answer') return null;
  throw error;
}

/** A policy that couldn't be read, with what its row says about it. */
export function unread(type: PolicyType, row: JsonObject, error: GraphError): UnreadPolicy {
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

/** An id that can be used in an address without escaping. */
const ID = /^(?!\.+$)[^\s/?#%\\]{1,200}$/;

function usableId({ id }: JsonObject): string | null {
  return typeof id === 'string' && ID.test(id) ? id : null;
}
