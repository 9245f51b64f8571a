import { policyTypeNamed } from '../../policies/catalogue/policy-types.js';
import { COMPARING_RULES } from '../../policies/hash-inputs.js';
import {
  type PolicyKey,
  type PolicyMatch,
  type PolicyParts,
  pairById,
  pairByName,
  probableMoves,
  sortedMatches,
} from '../../policies/match-policies.js';
import { setUnreadAside } from '../../policies/unread-policies.js';
import { RunFailure } from '../run-failure.js';
import type { Outcome } from '../vocabulary.js';
import { NotComparable } from './not-comparable.js';
import { PolicyContentLost, type PolicyContents } from './policy-contents.js';
import type { InventoriedPolicy, Inventory } from './read-inventory.js';

/** An observed policy with its keys for matching. `parts` are hashes; a policy matched by its id needs none. */
export interface MatchedPolicy extends PolicyKey {
  readonly seen: InventoriedPolicy;
  readonly parts: PolicyParts;
}

export interface MatchedInventories {
  readonly matches: readonly PolicyMatch<MatchedPolicy>[];
  /** Policies of other types that a policy probably moved to or came from. */
  readonly moves: ReadonlyMap<MatchedPolicy, readonly MatchedPolicy[]>;
  /** Items of policies that can't be compared, skipped or failed. */
  readonly notComparable: readonly Outcome[];
  /** Policies that Microsoft added or removed and that the tenant doesn't use, which is no change of the tenant. */
  readonly unused: readonly InventoriedPolicy[];
}

/**
 * Matches the policies of two inventories, and collects those that can't be compared. Names and content hashes of
 * policies that only one inventory has are read from their artifacts when the events don't have them. A policy
 * whose content is lost and has to be read can't be compared.
 */
export async function matchInventories(
  baseline: Inventory,
  current: Inventory,
  contents: PolicyContents,
): Promise<MatchedInventories> {
  const notComparable = new NotComparable(baseline, current);
  const isComparable = (type: string) => baseline.completeTypes.has(type) && current.completeTypes.has(type);
  const comparable = ({ policies }: Inventory) => {
    for (const seen of policies) if (!isComparable(seen.policyType)) notComparable.addOfIncompleteType(seen);
    return policies.filter(({ policyType }) => isComparable(policyType)).map(keyed);
  };
  const { pairs, onlyBefore, onlyAfter } = pairById(comparable(baseline), comparable(current));
  const named = async (list: readonly MatchedPolicy[], side: 'baseline' | 'current') => {
    const done: MatchedPolicy[] = [];
    for (const policy of list) {
      const found = await withKeys(policy, contents);
      if (found instanceof PolicyContentLost) notComparable.addLost(found, side);
      else if (found instanceof RunFailure) notComparable.addFailed(policy.seen, found);
      else done.push(found);
    }
    return done;
  };
  const leftovers = {
    onlyBefore: await named(onlyBefore, 'baseline'),
    onlyAfter: await named(onlyAfter, 'current'),
  };
  const read = setUnreadAside(leftovers, { before: baseline.unread, after: current.unread });
  for (const aside of read.aside.onlyBefore) notComparable.addAside(aside, 'current');
  for (const aside of read.aside.onlyAfter) notComparable.addAside(aside, 'baseline');
  for (const unread of current.unread) notComparable.addUnread(unread, 'current');
  for (const unread of baseline.unread) notComparable.addUnread(unread, 'baseline');
  const unused: InventoriedPolicy[] = [];
  const changed = async (list: readonly MatchedPolicy[], side: 'baseline' | 'current') => {
    const [other, otherSide] =
      side === 'baseline' ? [current, 'current' as const] : [baseline, 'baseline' as const];
    const kept: MatchedPolicy[] = [];
    for (const policy of list) {
      const state = await ofMicrosoft(policy.seen, other, contents);
      if (state instanceof PolicyContentLost) notComparable.addLost(state, side);
      else if (state === 'unused') unused.push(policy.seen);
      else if (state === 'not_read') notComparable.addNotReadThen(policy.seen, otherSide);
      else kept.push(policy);
    }
    return kept;
  };
  const unpaired = pairByName(
    {
      onlyBefore: await changed(read.onlyBefore, 'baseline'),
      onlyAfter: await changed(read.onlyAfter, 'current'),
    },
    ({ parts }) => parts,
  );
  return {
    matches: sortedMatches([...pairs, ...unpaired]),
    moves: probableMoves(unpaired),
    notComparable: [...notComparable.items.values()],
    unused,
  };
}

/**
 * What it means that the other inventory lacks a policy: null when somebody added or removed it. A policy that Microsoft
 * made is `unused` without assignments, and `not_read` where inventories of that version left out Microsoft's.
 */
async function ofMicrosoft(
  seen: InventoriedPolicy,
  other: Inventory,
  contents: PolicyContents,
): Promise<'unused' | 'not_read' | PolicyContentLost | null> {
  const type = policyTypeNamed(seen.policyType);
  const made = type?.madeByMicrosoft ?? null;
  if (type === undefined || made === null) return null;
  const policy = await contents.document(seen).catch(lostOnly);
  if (policy instanceof PolicyContentLost) return policy;
  if (!made.is(policy.raw)) return null;
  const rows = type.children.flatMap(({ name }) => policy.attached?.[name] ?? []);
  if (policy.assignments.length + rows.length === 0) return 'unused';
  const readsThem = other.policies.some(
    ({ policyType, rulesVersion }) => policyType === type.name && rulesVersion >= made.readSinceRules,
  );
  return readsThem ? null : 'not_read';
}

function lostOnly(error: unknown): PolicyContentLost {
  if (error instanceof PolicyContentLost) return error;
  throw error;
}

function keyed(seen: InventoriedPolicy): MatchedPolicy {
  const parts = { settings: '', assignments: '' };
  return { policyType: seen.policyType, id: seen.policyId, name: seen.name, nameKey: '', parts, seen };
}

async function withKeys(
  policy: MatchedPolicy,
  contents: PolicyContents,
): Promise<MatchedPolicy | PolicyContentLost | RunFailure> {
  try {
    const nameKey = await contents.nameKey(policy.seen);
    const { content, assignments } = await contents.hashes(policy.seen, COMPARING_RULES);
    return { ...policy, nameKey, parts: { settings: content, assignments } };
  } catch (error) {
    if (error instanceof PolicyContentLost || error instanceof RunFailure) return error;
    throw error;
  }
}
