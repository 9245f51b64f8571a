import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import { referencesOf } from '../../policies/references.js';
import type { ClientParts } from '../client/graph-call.js';
import type { BudgetedCall } from '../client/request.js';
import type { GraphPolicy, PolicyReadResult, UnreadPolicy } from './graph-policy.js';
import { readChosen } from './read-chosen.js';
import { listedRows, readListed } from './read-policies.js';
import { readPolicy } from './read-policy.js';
import type { NamedReference, ReferenceNames } from './reference-names.js';

/** One complete policy with the present names of what it refers to. */
export interface WholePolicy {
  /** The raw documents as Graph answered them: own fields, content, assignments, children and links. */
  readonly policy: GraphPolicy;
  readonly references: readonly NamedReference[];
}

/** Reads one complete policy by its id, with the names of what it refers to. Errors: as `readPolicy`. */
export async function readWhole(
  parts: ClientParts,
  call: BudgetedCall,
  { type, id, names }: { readonly type: PolicyType; readonly id: string; readonly names: ReferenceNames },
): Promise<WholePolicy> {
  const policy = await readPolicy(parts, call, type, id);
  return { policy, references: await names.named(call, referencesOf(type, policy)) };
}

/** One of many policies that were read whole, or one that couldn't be read. */
export type WholeResult = (WholePolicy & { readonly kind: 'whole' }) | UnreadPolicy;

/** Some policies of a type by their ids, or all that it lists except those for which `except` is true. */
export type WantedIds = readonly string[] | { readonly except: (id: string) => boolean };

/** Which policies of a type are read. */
export interface ChosenOfType {
  readonly type: PolicyType;
  readonly wanted: WantedIds;
  readonly names: ReferenceNames;
}

/**
 * Reads many policies of a type in few requests, each with the names of what it refers to. Memory holds only a few
 * batches. Errors: those of `readPolicies` for a whole type, of `readChosen` for some ids.
 */
export function readWholes(
  parts: ClientParts,
  call: BudgetedCall,
  { type, wanted, names }: ChosenOfType,
): AsyncGenerator<WholeResult> {
  const complete = (own: BudgetedCall, results: readonly PolicyReadResult[]) =>
    withNames(names, own, results);
  if (!('except' in wanted)) return readChosen(parts, call, type, { ids: wanted, complete });
  const rows = async function* (own: BudgetedCall) {
    for await (const page of listedRows(parts, own, type))
      yield page.filter(({ id }) => typeof id !== 'string' || !wanted.except(id));
  };
  return readListed(parts, call, type, { rows, complete });
}

async function withNames(
  names: ReferenceNames,
  call: BudgetedCall,
  results: readonly PolicyReadResult[],
): Promise<readonly WholeResult[]> {
  const referred = results.map((read) => (read.kind === 'policy' ? referencesOf(read.type, read) : []));
  // The names that a group needs are read in common batches; each policy then uses its own.
  await names.named(call, referred.flat());
  return Promise.all(
    results.map(async (read, index): Promise<WholeResult> => {
      if (read.kind === 'unread') return read;
      return { kind: 'whole', policy: read, references: await names.named(call, referred[index] ?? []) };
    }),
  );
}
