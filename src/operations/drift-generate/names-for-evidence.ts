import { DirectoryContentGoneError } from '../../directory/kept-rows.js';
import { type DirectoryReading, readDirectory, readDirectoryNames } from '../../directory/read-directory.js';
import type { ReferenceKind } from '../../policies/catalogue/policy-type.js';
import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import { type DirectoryNames, NO_NAMES } from '../../policies/directory-names.js';
import type { PolicyDocument } from '../../policies/policy-document.js';
import { referencesOf } from '../../policies/references.js';
import type { Inventory } from './read-inventory.js';

/**
 * Returns a function that reads the names of the groups and filters that policies of a type refer to. Groups come from
 * the tenant's cache; filters come from the inventories, which read them like policies, or else from the cache. Others
 * get no name. Errors: those of the ledger's reads; those of the function are the artifact store's.
 */
export async function namesForEvidence(
  reading: DirectoryReading,
  tenantId: string,
  inventories: readonly Pick<Inventory, 'policies'>[],
): Promise<(type: PolicyType, documents: readonly PolicyDocument[]) => Promise<DirectoryNames>> {
  const directory = await readDirectory(reading, tenantId);
  const inventoried = filterNames(inventories);
  return async (type, documents) => {
    const references = documents.flatMap((document) => referencesOf(type, document));
    const idsOf = (wanted: ReferenceKind) =>
      references.flatMap(({ kind, id }) => (kind === wanted ? id : []));
    const ids = { groups: idsOf('group'), filters: idsOf('assignment_filter') };
    const cached = await readDirectoryNames(directory, ids).catch((error: unknown) => {
      if (error instanceof DirectoryContentGoneError) return NO_NAMES;
      throw error;
    });
    return {
      group: cached.group,
      filter: (id) => inventoried.get(id.toLowerCase()) ?? cached.filter(id),
    };
  };
}

/** When several inventories have a filter, the last one gives its name. */
function filterNames(inventories: readonly Pick<Inventory, 'policies'>[]): ReadonlyMap<string, string> {
  const filters = new Map<string, string>();
  for (const { policies } of inventories)
    for (const { policyType, policyId, name } of policies)
      if (policyType === 'assignmentFilters') filters.set(policyId.toLowerCase(), name);
  return filters;
}
