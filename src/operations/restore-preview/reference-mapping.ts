import { DirectoryContentGoneError } from '../../directory/kept-rows.js';
import { type DirectoryReading, readDirectory } from '../../directory/read-directory.js';
import { type MappingChoice, type MappingChoices, mappedName } from '../../entities/mapping/mapping.js';
import { readMapping, type TenantPair } from '../../entities/mapping/read-mapping.js';
import type { NamedReference } from '../../graph/policies/reference-names.js';
import { groupBy } from '../../group-by.js';
import { type Candidate, NAME_DECIDES } from '../../mapping/propose.js';
import { referenceKey } from '../../policies/references.js';

/** What is known about the objects of a restore before Graph is asked. */
export interface ReferenceMapping {
  /** Whether the policies come from another tenant, so that an id that can't be looked up says nothing. */
  readonly fromOtherTenant: boolean;
  /** What a person chose for a reference. */
  choiceFor(reference: NamedReference): MappingChoice | undefined;
  /** The groups in the tenant's cache that have the exact name. Errors: those of the ledger and the artifact store. */
  groupsNamed(name: string): Promise<readonly Candidate[]>;
}

/** The kept map of a pair of tenants at a revision, and the groups of the target's cache. Errors: those of the ledger. */
export async function openMapping(
  reading: DirectoryReading,
  pair: TenantPair,
  throughRevision: number,
): Promise<ReferenceMapping> {
  const { choices } =
    throughRevision < 0
      ? { choices: new Map() as MappingChoices }
      : await readMapping(reading.ledger, pair, throughRevision);
  let groups: Promise<ReadonlyMap<string, readonly Candidate[]>> | undefined;
  return {
    fromOtherTenant: pair.sourceTenantId !== pair.targetTenantId,
    choiceFor(reference) {
      const choice = choices.get(referenceKey(reference));
      if (!choice || !NAME_DECIDES.has(reference.kind)) return choice;
      // A choice for a tag or filter that had another name was made for another object.
      return choice.name === (reference.name && mappedName(reference.name)) ? choice : undefined;
    },
    async groupsNamed(name) {
      groups ??= cachedGroups(reading, pair.targetTenantId);
      return (await groups).get(name) ?? [];
    },
  };
}

async function cachedGroups(
  reading: DirectoryReading,
  tenantId: string,
): Promise<ReadonlyMap<string, readonly Candidate[]>> {
  const directory = await readDirectory(reading, tenantId);
  const groups = await directory.all('group').catch((error: unknown) => {
    // Then no group is known by its name until the next synchronization.
    if (error instanceof DirectoryContentGoneError) return [];
    throw error;
  });
  return groupBy(
    groups.map(({ id, name, dynamic }): Candidate => ({ id, name, exact: name, dynamic })),
    ({ name }) => name ?? '',
  );
}
