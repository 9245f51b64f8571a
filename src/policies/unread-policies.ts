import { identityOf, type Leftovers, type PolicyKey } from './match-policies.js';

/** A policy that an inventory listed but could not read. */
export interface UnreadKey {
  readonly policyType: string;
  /** Empty when Graph gave none. */
  readonly id: string;
  /** As in PolicyKey; null when only the shown name is known, as in old inventories. */
  readonly nameKey: string | null;
  readonly name: string;
}

/** How certain it is that a policy and an unread one are the same. */
export type UnreadMatch = 'same_id' | 'same_name' | 'may_be';

/** A policy that only one inventory has, but that the other may have listed without being able to read it. */
export interface SetAside<T, U> {
  readonly policy: T;
  readonly unread: U;
  readonly match: UnreadMatch;
}

/**
 * Separates the policies that the other inventory may have listed without being able to read them: such a policy
 * is neither gone nor new nor re-created. An unread policy without an id is matched by its name; when no policy
 * has that name, it may be any policy of its type.
 */
export function setUnreadAside<T extends PolicyKey, U extends UnreadKey>(
  { onlyBefore, onlyAfter }: Leftovers<T>,
  unread: { readonly before: readonly U[]; readonly after: readonly U[] },
): Leftovers<T> & {
  readonly aside: { readonly onlyBefore: SetAside<T, U>[]; readonly onlyAfter: SetAside<T, U>[] };
} {
  const asideOfBefore = unreadAmong(onlyBefore, unread.after);
  const asideOfAfter = unreadAmong(onlyAfter, unread.before);
  const left = (list: readonly T[], aside: readonly SetAside<T, U>[]) => {
    const taken = new Set(aside.map(({ policy }) => policy));
    return list.filter((policy) => !taken.has(policy));
  };
  return {
    onlyBefore: left(onlyBefore, asideOfBefore),
    onlyAfter: left(onlyAfter, asideOfAfter),
    aside: { onlyBefore: asideOfBefore, onlyAfter: asideOfAfter },
  };
}

function unreadAmong<T extends PolicyKey, U extends UnreadKey>(
  policies: readonly T[],
  unread: readonly U[],
): SetAside<T, U>[] {
  if (unread.length === 0) return [];
  const aside = new Map<T, SetAside<T, U>>();
  const byId = new Map(unread.filter(({ id }) => id !== '').map((one) => [identityOf(one), one]));
  const known = new Set<U>();
  for (const policy of policies) {
    const same = byId.get(identityOf(policy));
    if (!same) continue;
    known.add(same);
    aside.set(policy, { policy, unread: same, match: 'same_id' });
  }
  for (const one of unread) {
    if (known.has(one)) continue;
    const ofType = policies.filter((policy) => policy.policyType === one.policyType && !aside.has(policy));
    const namesakes = ofType.filter((policy) => isNamesake(policy, one));
    const match = namesakes.length > 0 ? 'same_name' : 'may_be';
    // An unread policy that has both an id and a name can't be a policy with another name.
    const candidates = namesakes.length > 0 || one.id !== '' ? namesakes : ofType;
    for (const policy of candidates) aside.set(policy, { policy, unread: one, match });
  }
  return [...aside.values()];
}

function isNamesake(policy: PolicyKey, unread: UnreadKey): boolean {
  return unread.nameKey === null
    ? policy.name === unread.name
    : policy.nameKey !== '' && policy.nameKey === unread.nameKey;
}
