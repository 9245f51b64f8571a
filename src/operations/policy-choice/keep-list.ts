import { canonicalJson } from '../../ledger/canonical-json.js';
import type { PolicyChoice } from './policy-choice.js';

/** Longest list that an event holds itself; each policy takes some 100 bytes there, twice. */
export const LIST_IN_EVENT_MAX = 100;

/** Stores bytes as an artifact of the tenant and resolves to their address. */
export type Keep = (body: Uint8Array) => Promise<string>;

/** A choice as an event can hold it: a long list is stored once, as an artifact, and named by its address. */
export async function withKeptList<Choice extends PolicyChoice>(
  choice: Choice,
  keep: Keep,
): Promise<Choice | Extract<PolicyChoice, { from: 'kept_list' }>> {
  if (choice.from !== 'list' || choice.policies.length <= LIST_IN_EVENT_MAX) return choice;
  const { policies } = choice;
  const listHash = await keep(
    Buffer.from(canonicalJson({ policies: policies.map((policy) => ({ ...policy })) })),
  );
  return { from: 'kept_list', listHash, policies: policies.length };
}
