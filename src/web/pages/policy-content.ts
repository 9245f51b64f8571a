import { type PolicyType, policyTypeNamed } from '../../policies/catalogue/policy-types.js';
import type { DirectoryNames } from '../../policies/directory-names.js';
import { type PolicyReference, referencesOf } from '../../policies/references.js';
import type { StoredPolicy } from '../../policies/stored-policy.js';
import { findSnapshotRow, namesFor, newestSnapshot, type PolicyVersionRow } from '../hub/policy-detail.js';
import type { PageRead } from './page.js';

/** The stored content of versions of one policy, with the names of what they refer to. */
export interface VersionContents {
  readonly type: PolicyType;
  readonly policies: readonly StoredPolicy[];
  readonly names: DirectoryNames;
}

/** Versions without a content that can be shown, as sentences for people. */
export interface NoContents {
  readonly lost: readonly string[];
}

/**
 * Reads the contents of versions under the tenant's own key, at the addresses that the tenant's read models name. When
 * one of them is lost, or when this program doesn't know the type, it says so instead. Errors: those of the database.
 */
export async function contentsOf(
  { db, access, runtime }: Pick<PageRead<unknown>, 'db' | 'access' | 'runtime'>,
  policyType: string,
  versions: readonly PolicyVersionRow[],
): Promise<VersionContents | NoContents> {
  const { tenantId } = access.tenant;
  const { policyContents } = runtime.deps.ports;
  const type = policyTypeNamed(policyType);
  if (!type) return { lost: [`This program doesn’t know the policy type ${policyType}.`] };
  const lost: string[] = [];
  const policies: StoredPolicy[] = [];
  const referred: PolicyReference[] = [];
  const kept = [];
  for (const { artifact, snapshot_id, policy_key, version } of versions) {
    const policy = await policyContents.policy(tenantId, artifact);
    if ('lost' in policy) {
      lost.push(`The stored content of version ${version} ${policy.lost}.`);
      continue;
    }
    policies.push(policy);
    referred.push(...referencesOf(type, policy));
    // The names at the time when the version was kept, otherwise the latest ones.
    const snapshot = await (snapshot_id === null
      ? newestSnapshot(db, policy_key)
      : findSnapshotRow(db, snapshot_id));
    if (snapshot?.references_artifact)
      kept.push(...(await policyContents.references(tenantId, snapshot.references_artifact)));
  }
  if (lost.length > 0) return { lost };
  return { type, policies, names: await namesFor(db, tenantId, { referred, kept }) };
}
