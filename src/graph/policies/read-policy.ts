import type { JsonObject } from '../../ledger/canonical-json.js';
import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import { readBatch } from '../client/batch.js';
import type { ClientParts } from '../client/graph-call.js';
import { GraphError } from '../client/graph-error.js';
import { type BudgetedCall, request } from '../client/request.js';
import { assemblePolicy, failed } from './assemble-policy.js';
import type { GraphPolicy } from './graph-policy.js';
import { type PolicyRead, readsOf, rowQuery, withQuery } from './policy-reads.js';

/** Reads one complete policy by its id. Errors: GraphError, or the signal's reason. */
export async function readPolicy(
  parts: ClientParts,
  call: BudgetedCall,
  type: PolicyType,
  id: string,
): Promise<GraphPolicy> {
  const path = `${type.path}/${encodeURIComponent(id)}`;
  // When the policy's own address is that of its row, one request answers all fields.
  const ownQuery = type.ownAddress && isEmpty(type.ownAddress.collections) ? type.ownAddress.query : '';
  const row = await expandingAssignments(type, (query) => {
    const url = new URL(withQuery(path, joined(query, ownQuery)), parts.root);
    return request(parts, call, { method: 'GET', url, reads: true }).then(({ body }) => body);
  });
  if (row === null) throw failed('malformed_answer', path);
  const isAnsweredByRow = ({ path: read }: PolicyRead) => read === withQuery(path, ownQuery);
  const reads = readsOf(type, id, row).filter((read) => !isAnsweredByRow(read));
  const answers = await readBatch(
    parts,
    call,
    reads.map((read) => read.path),
  );
  return assemblePolicy(parts, call, { type, id, row, reads }, answers);
}

/** Asks with expanded assignments, and again without them if Graph refuses that. Errors: those of `ask`. */
async function expandingAssignments(
  type: PolicyType,
  ask: (query: string) => Promise<JsonObject | null>,
): Promise<JsonObject | null> {
  try {
    return await ask(rowQuery(type, true));
  } catch (error) {
    if (!refusesExpanding(type, error)) throw error;
    return ask(rowQuery(type, false));
  }
}

/** Whether Graph may have refused a query because it expands assignments. */
export function refusesExpanding(type: PolicyType, error: unknown): boolean {
  if (type.assignments !== 'expanded' || !(error instanceof GraphError)) return false;
  return error.status === 400 && !error.lacksLicence;
}

const isEmpty = (object: object): boolean => Object.keys(object).length === 0;

/** Joins two queries; both may have an `$expand`. */
function joined(one: string, other: string): string {
  if (one === '' || other === '') return `${one}${other}`;
  return `${one},${other.replace(/^\$expand=/, '')}`;
}
