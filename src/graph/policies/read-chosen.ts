import { batchesOf } from '../../batches-of.js';
import type { JsonObject } from '../../ledger/canonical-json.js';
import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import type { ClientParts } from '../client/graph-call.js';
import { GraphError } from '../client/graph-error.js';
import type { BudgetedCall } from '../client/request.js';
import type { PolicyReadResult } from './graph-policy.js';
import { withinPolicyTime } from './policy-time.js';
import { concernsEveryPolicy, listedRows, readListed, unread } from './read-policies.js';
import { readPolicy } from './read-policy.js';

/** Policies that are read at once when each is read by its own address. */
const ONE_BY_ONE_AT_ONCE = 8;

/** Converts the results of reading some policies. */
export type Complete<Result> = (
  call: BudgetedCall,
  results: readonly PolicyReadResult[],
) => Promise<readonly Result[]>;

/**
 * Reads some policies of a type by their ids, in no fixed order. Their rows come from the type's listing, page by
 * page, as long as that takes fewer requests than reading each row by its own address, so the rows never take more
 * than twice the fewest possible requests. A policy that can't be read is yielded as unread. Errors: as
 * `readPolicies`, but a listing that fails is an error only when no policy of the type can be read.
 */
export async function* readChosen<Result>(
  parts: ClientParts,
  call: BudgetedCall,
  type: PolicyType,
  { ids, complete }: { readonly ids: readonly string[]; readonly complete: Complete<Result> },
): AsyncGenerator<Result> {
  const open = new Map(ids.map((id) => [id.toLowerCase(), id]));
  if (open.size > 1)
    try {
      yield* readListed(parts, call, type, { rows: (own) => rowsOfOpen(parts, own, type, open), complete });
    } catch (error) {
      if (!(error instanceof GraphError) || concernsEveryPolicy(error)) throw error;
      if (error.reasonCode === 'graph_forbidden') throw error;
    }
  yield* readOneByOne(parts, call, type, { ids: [...open.values()], complete });
}

/** The rows of open policies in a type's listing. A policy whose row was found is no longer open. */
async function* rowsOfOpen(
  parts: ClientParts,
  call: BudgetedCall,
  type: PolicyType,
  open: Map<string, string>,
): AsyncGenerator<readonly JsonObject[]> {
  let pagesLeft = open.size;
  for await (const rows of listedRows(parts, call, type)) {
    yield rows.filter(({ id }) => typeof id === 'string' && open.delete(id.toLowerCase()));
    pagesLeft -= 1;
    if (open.size === 0 || pagesLeft === 0) return;
  }
}

async function* readOneByOne<Result>(
  parts: ClientParts,
  call: BudgetedCall,
  type: PolicyType,
  { ids, complete }: { readonly ids: readonly string[]; readonly complete: Complete<Result> },
): AsyncGenerator<Result> {
  for (const batch of batchesOf(ids, ONE_BY_ONE_AT_ONCE)) {
    const results = await Promise.all(batch.map((id) => readOne(parts, call, type, id)));
    yield* await complete(call, results);
  }
}

async function readOne(
  parts: ClientParts,
  call: BudgetedCall,
  type: PolicyType,
  id: string,
): Promise<PolicyReadResult> {
  try {
    return await withinPolicyTime(parts, call, type.path, (bounded) => readPolicy(parts, bounded, type, id));
  } catch (error) {
    if (!(error instanceof GraphError) || concernsEveryPolicy(error)) throw error;
    return unread(type, { id }, error);
  }
}
