import type { DirectoryNames } from '../../policies/directory-names.js';
import type { Inventory } from './read-inventory.js';

/**
 * Names of assignment filters, which inventories read like policies. Groups aren't read, so they have no names
 * here. When several inventories have a filter, the last one gives its name.
 */
export function namesIn(inventories: readonly Pick<Inventory, 'policies'>[]): DirectoryNames {
  const filters = new Map<string, string>();
  for (const { policies } of inventories)
    for (const { policyType, policyId, name } of policies)
      if (policyType === 'assignmentFilters') filters.set(policyId.toLowerCase(), name);
  return { group: () => undefined, filter: (id) => filters.get(id.toLowerCase()) };
}
