import type { DirectoryNames } from '../../policies/directory-names.js';
import type { Inventory } from './read-inventory.js';

/**
 * What inventories say of names: filters are read by them like policies, groups are not. Of several inventories the
 * last one that has a filter names it.
 */
export function namesIn(inventories: readonly Pick<Inventory, 'policies'>[]): DirectoryNames {
  const filters = new Map<string, string>();
  for (const { policies } of inventories)
    for (const { policyType, policyId, name } of policies)
      if (policyType === 'assignmentFilters') filters.set(policyId.toLowerCase(), name);
  return { group: () => undefined, filter: (id) => filters.get(id.toLowerCase()) };
}
