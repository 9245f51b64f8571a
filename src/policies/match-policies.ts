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
  readonly gone: readonly T[];
  readonly fresh: readonly T[];
}

/** Matches the policies of two inventories by type and id. A policy that a list has twice counts once. */
export function pairById<T extends Pick<PolicyKey, 'policyType' | 'id'>>(
  before: Iterable<T>,
  after: Iterable<T>,
): Leftovers<T> & { readonly pairs: readonly PolicyPair<T>[] } {
  const gone = byId(before);
  const fresh = byId(after);
  const pairs: PolicyPair<T>[] = [];
  for (const [key, policy] of fresh) {
    const same = gone.get(key);
    if (!same) continue;
    pairs.push({ before: same, after: policy, recreated: false });
    gone.delete(key);
    fresh.delete(key);
  }
  return { pairs, gone: [...gone.values()], fresh: [...fresh.values()] };
}

/**
 * Matches the remaining policies one to one by type and exact name: such a policy was deleted and re-created.
 * Among policies with the same name, those with equal content are matched first, and the others in the order of
 * their ids.
 */
export function pairByName<T extends PolicyKey>(
  { gone, fresh }: Leftovers<T>,
  contentOf: (policy: T) => string,
): readonly PolicyMatch<T>[] {
  const matches: PolicyMatch<T>[] = [];
  const goneByName = new Map(byName(gone));
  for (const [name, now] of byName(fresh)) {
    const before = name === NO_NAME ? [] : (goneByName.get(name) ?? []);
    const pairs = pairsOf(before, now, contentOf);
    for (const [was, is] of pairs) matches.push({ before: was, after: is, recreated: true });
    const paired = new Set(pairs.flat());
    for (const is of now) if (!paired.has(is)) matches.push({ before: null, after: is, recreated: false });
    goneByName.set(
      name,
      (goneByName.get(name) ?? []).filter((was) => !paired.has(was)),
    );
  }
  for (const list of goneByName.values())
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
  const gone = matches.flatMap(({ before, after }) => (before && !after ? [before] : []));
  const fresh = matches.flatMap(({ before, after }) => (after && !before ? [after] : []));
  const freshByName = groupBy(fresh, ({ nameKey }) => nameKey);
  const moves = new Map<T, T[]>();
  for (const was of gone) {
    const others = was.nameKey === '' ? [] : (freshByName.get(was.nameKey) ?? []);
    for (const is of others) {
      if (is.policyType === was.policyType) continue;
      moves.set(was, [...(moves.get(was) ?? []), is]);
      moves.set(is, [...(moves.get(is) ?? []), was]);
    }
  }
  return moves;
}

/** The matches sorted by type, name and id. */
export function inOrder<T extends PolicyKey>(matches: Iterable<PolicyMatch<T>>): readonly PolicyMatch<T>[] {
  const placed = [...matches].map((match) => ({ match, place: placeOf(match) }));
  return placed.sort((a, b) => compared(a.place, b.place)).map(({ match }) => match);
}

/** Equal for the same policy; the case of its id doesn't matter. */
export function identityOf({ policyType, id }: Pick<PolicyKey, 'policyType' | 'id'>): string {
  return JSON.stringify([policyType, id.toLowerCase()]);
}

const NO_NAME = '';

function pairsOf<T extends PolicyKey>(
  before: readonly T[],
  after: readonly T[],
  contentOf: (policy: T) => string,
): readonly (readonly [T, T])[] {
  if (before.length === 0 || after.length === 0) return [];
  const pairs: [T, T][] = [];
  const alone = before.length === 1 && after.length === 1;
  const byContent = new Map<string, T[]>();
  if (!alone) for (const [content, list] of groupBy(before, contentOf)) byContent.set(content, [...list]);
  const unpaired: T[] = [];
  for (const is of after) {
    const same = alone ? undefined : byContent.get(contentOf(is))?.shift();
    if (same) pairs.push([same, is]);
    else unpaired.push(is);
  }
  const taken = new Set(pairs.map(([was]) => was));
  const rest = before.filter((was) => !taken.has(was));
  for (const [index, is] of unpaired.entries()) {
    const was = rest[index];
    if (was) pairs.push([was, is]);
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
