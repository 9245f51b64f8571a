import { policyName, policyTypeNamed } from '../../policies/catalogue/policy-types.js';
import { copyName } from '../../policies/writing/copy-name.js';
import { SnapshotContentGoneError } from '../../snapshots/read-snapshot.js';
import type { Earlier, Restore } from './restore-under-way.js';

/**
 * The names that earlier attempts of a run have given to copies, by policy types and in lower case. They are made of the
 * exact names, which only the kept policies have: other policies whose long names begin alike may have copies of the same
 * name. Errors: those of reading the kept policies.
 */
export async function givenToCopies(
  { preview, source }: Pick<Restore, 'preview' | 'source'>,
  { begun }: Pick<Earlier, 'begun'>,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const given = new Map<string, Set<string>>();
  for (const { itemId, policyType, snapshot } of preview.policies) {
    const number = begun.get(itemId)?.copyNumber;
    const type = policyTypeNamed(policyType);
    const facts = number !== undefined && type && (await source.facts(snapshot));
    if (!facts) continue;
    // One whose content is gone fails when its turn comes.
    const content = await source.content(facts).catch((error: unknown) => {
      if (error instanceof SnapshotContentGoneError) return undefined;
      throw error;
    });
    if (!content) continue;
    const names = given.get(policyType) ?? new Set();
    names.add(copyName(type, policyName(type, content.policy.raw), number).toLowerCase());
    given.set(policyType, names);
  }
  return given;
}
