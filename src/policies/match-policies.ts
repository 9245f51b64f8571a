import { groupBy } from '../group-by.js';

/** The keys by which policies are matched. */
export interface PolicyKey {
  /** Stable name of its type in the catalogue. */
  readonly policyType: string;
  readonly id: string;
  /** The name as it is shown; policies with the same shown name may have different exact names. */
  readonly name: string;
  /** Equal exactly for equal exact names of one tenant; empty when the policy has no name. */
  readonly nameKey: string;
}

/** One policy in two inventories; `before` is null when it is new, `after` is null when it is gone. */
export type PolicyMatch<T> =
  | { readonly before: T; readonly after: T; readonly recreated: boolean }
  | { readonly before: null; readonly after: T; readonly recreated: false }
  | { readonly before: T; readonly after: null; readonly recreated: false };

export type PolicyPair<T> = Extract<PolicyMatch<T>, { before: T; after: T }>;

/** The policies that matching by id leaves: those that only one of the two inventories has. */
export interface Leftovers<T> {
  readonly onlyBefore: readonly T[];
  readonly onlyAfter: readonly T[];
}

/** Matches the policies of two inventories by type and id. A policy that a list has twice counts once. */
export function pairById<T extends Pick<PolicyKey, 'policyType' | 'id'>>(
  before: Iterable<T>,
  after: Iterable<T>,
): Leftovers<T> & { readonly pairs: readonly PolicyPair<T>[] } {
  const onlyBefore = byId(before);
  const onlyAfter = byId(after);
  const pairs: PolicyPair<T>[] = [];
  for (const [key, policy] of onlyAfter) {
    const same = onlyBefore.get(key);
    if (!same) continue;
    pairs.push({ before: same, after: policy, recreated: false });
    onlyBefore.delete(key);
    onlyAfter.delete(key);
  }
  return { pairs, onlyBefore: [...onlyBefore.values()], onlyAfter: [...onlyAfter.values()] };
}

/** What policies with the same name are told apart by; each text is equal for equal parts. */
export interface PolicyParts {
  readonly settings: string;
  readonly assignments: string;
}

/**
 * Matches the remaining policies one to one by type and exact name: such a policy was deleted and re-created.
 * Among policies with the same name, those with equal settings and assignments are matched first, then those with
 * equal settings, then those with equal assignments, and the others in the order of their ids.
 */
export function pairByName<T extends PolicyKey>(
  { onlyBefore, onlyAfter }: Leftovers<T>,
  partsOf: (policy: T) => PolicyParts,
): readonly PolicyMatch<T>[] {
  const matches: PolicyMatch<T>[] = [];
  const onlyBeforeByName = new Map(byName(onlyBefore));
  for (const [name, newPolicies] of byName(onlyAfter)) {
    const before = name === NO_NAME ? [] : (onlyBeforeByName.get(name) ?? []);
    const pairs = pairsOf(before, newPolicies, partsOf);
    for (const [oldPolicy, newPolicy] of pairs)
      matches.push({ before: oldPolicy, after: newPolicy, recreated: true });
    const paired = new Set(pairs.flat());
    for (const newPolicy of newPolicies)
      if (!paired.has(newPolicy)) matches.push({ before: null, after: newPolicy, recreated: false });
    onlyBeforeByName.set(
      name,
      (onlyBeforeByName.get(name) ?? []).filter((oldPolicy) => !paired.has(oldPolicy)),
    );
  }
  for (const list of onlyBeforeByName.values())
    for (const policy of list) matches.push({ before: policy, after: null, recreated: false });
  return matches;
}

/**
 * By policy: the policies of other types with the same exact name, of which one is gone and the other new;
 * probably the policy was moved to another type.
 */
export function probableMoves<T extends PolicyKey>(
  matches: readonly PolicyMatch<T>[],
): ReadonlyMap<T, readonly T[]> {
  const onlyBefore = matches.flatMap(({ before, after }) => (before && !after ? [before] : []));
  const onlyAfter = matches.flatMap(({ before, after }) => (after && !before ? [after] : []));
  const onlyAfterByName = groupBy(onlyAfter, ({ nameKey }) => nameKey);
  const moves = new Map<T, T[]>();
  for (const oldPolicy of onlyBefore) {
    const others = oldPolicy.nameKey === '' ? [] : (onlyAfterByName.get(oldPolicy.nameKey) ?? []);
    for (const newPolicy of others) {
      if (newPolicy.policyType === oldPolicy.policyType) continue;
      moves.set(oldPolicy, [...(moves.get(oldPolicy) ?? []), newPolicy]);
      moves.set(newPolicy, [...(moves.get(newPolicy) ?? []), oldPolicy]);
    }
  }
  return moves;
}

/** The matches sorted by type, name and id. */
export function sortedMatches<T extends PolicyKey>(
  matches: Iterable<PolicyMatch<T>>,
): readonly PolicyMatch<T>[] {
  const placed = [...matches].map((match) => ({ match, place: placeOf(match) }));
  return placed.sort((a, b) => compared(a.place, b.place)).map(({ match }) => match);
}

/** Equal for the same policy; the case of its id doesn't matter. */
export function identityOf({ policyType, id }: Pick<PolicyKey, 'policyType' | 'id'>): string {
  return JSON.stringify([policyType, id.toLowerCase()]);
}

const NO_NAME = '';

/** The ways in which policies of one name are alike, closest first. */
const LIKENESSES: readonly ((parts: PolicyParts) => string)[] = [
  ({ settings, assignments }) => JSON.stringify([settings, assignments]),
  ({ settings }) => settings,
  ({ assignments }) => assignments,
  () => '',
];

function pairsOf<T extends PolicyKey>(
  before: readonly T[],
  after: readonly T[],
  partsOf: (policy: T) => PolicyParts,
): readonly (readonly [T, T])[] {
  const [onlyBefore] = before;
  const [onlyAfter] = after;
  if (!onlyBefore || !onlyAfter) return [];
  if (before.length === 1 && after.length === 1) return [[onlyBefore, onlyAfter]];
  const parts = new Map([...before, ...after].map((policy) => [policy, partsOf(policy)]));
  const pairs: [T, T][] = [];
  const paired = new Set<T>();
  for (const likeness of LIKENESSES) {
    const keyOf = (policy: T) => likeness(parts.get(policy) ?? partsOf(policy));
    const unpaired = (policies: readonly T[]) => policies.filter((policy) => !paired.has(policy));
    const left = new Map([...groupBy(unpaired(before), keyOf)].map(([key, list]) => [key, [...list]]));
    for (const newPolicy of unpaired(after)) {
      const oldPolicy = left.get(keyOf(newPolicy))?.shift();
      if (!oldPolicy) continue;
      pairs.push([oldPolicy, newPolicy]);
      paired.add(oldPolicy).add(newPolicy);
    }
  }
  return pairs;
}

function byId<T extends Pick<PolicyKey, 'policyType' | 'id'>>(policies: Iterable<T>): Map<string, T> {
  const map = new Map<string, T>();
  for (const policy of policies) {
    const key = identityOf(policy);
    if (!map.has(key)) map.set(key, policy);
  }
  return map;
}

/** Groups policies by type and exact name; each list is in the order of ids. */
function byName<T extends PolicyKey>(policies: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const sorted = [...policies].sort((a, b) => compared(a.id, b.id));
  return groupBy(sorted, ({ policyType, nameKey }) =>
    nameKey === '' ? NO_NAME : JSON.stringify([policyType, nameKey]),
  );
}

function placeOf<T extends PolicyKey>(match: PolicyMatch<T>): string {
  const policy = match.after ?? (match.before as PolicyKey);
  return [policy.policyType, policy.name, policy.id].join('\u0001');
}

const compared = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
