/** What tells one policy from another. */
export interface PolicyKey {
  /** Stable name of its type in the catalogue. */
  readonly policyType: string;
  readonly id: string;
  readonly name: string;
}

/** One policy in two inventories. `before` null: it is new; `after` null: it is gone. */
export type PolicyMatch<T extends PolicyKey> =
  | { readonly before: T; readonly after: T; readonly recreated: boolean }
  | { readonly before: null; readonly after: T; readonly recreated: false }
  | { readonly before: T; readonly after: null; readonly recreated: false };

/**
 * Matches the policies of two inventories by type and id; what is left over by type and exact name, one with
 * one: such a policy was deleted and re-created. Where several left over share a name they are taken in order
 * of their ids. Every policy is in exactly one match, also where a list holds one twice. Sorted by type, name
 * and id.
 */
export function matchPolicies<T extends PolicyKey>(
  before: Iterable<T>,
  after: Iterable<T>,
): readonly PolicyMatch<T>[] {
  const gone = byId(before);
  const fresh = byId(after);
  const matches: PolicyMatch<T>[] = [];
  for (const [key, policy] of fresh) {
    const same = gone.get(key);
    if (!same) continue;
    matches.push({ before: same, after: policy, recreated: false });
    gone.delete(key);
    fresh.delete(key);
  }
  const goneByName = byName(gone.values());
  for (const policy of [...fresh.values()].sort(byIdOrder)) {
    const namesake = policy.name === '' ? undefined : goneByName.get(nameKey(policy))?.shift();
    if (namesake) matches.push({ before: namesake, after: policy, recreated: true });
    else matches.push({ before: null, after: policy, recreated: false });
  }
  for (const list of goneByName.values())
    for (const policy of list) matches.push({ before: policy, after: null, recreated: false });
  return matches.sort(byPlace);
}

function byId<T extends PolicyKey>(policies: Iterable<T>): Map<string, T> {
  const map = new Map<string, T>();
  for (const policy of policies) {
    const key = JSON.stringify([policy.policyType, policy.id.toLowerCase()]);
    if (!map.has(key)) map.set(key, policy);
  }
  return map;
}

function byName<T extends PolicyKey>(policies: Iterable<T>): Map<string, T[]> {
  const map = new Map<string, T[]>();
  for (const policy of [...policies].sort(byIdOrder))
    map.set(nameKey(policy), [...(map.get(nameKey(policy)) ?? []), policy]);
  return map;
}

function nameKey(policy: PolicyKey): string {
  return JSON.stringify([policy.policyType, policy.name]);
}

function byIdOrder(a: PolicyKey, b: PolicyKey): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function byPlace<T extends PolicyKey>(a: PolicyMatch<T>, b: PolicyMatch<T>): number {
  const [one, other] = [placeOf(a), placeOf(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

function placeOf<T extends PolicyKey>(match: PolicyMatch<T>): string {
  const policy = match.after ?? match.before;
  return policy ? [policy.policyType, policy.name, policy.id].join('\u0001') : '';
}
