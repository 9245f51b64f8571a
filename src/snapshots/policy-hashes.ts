import { canonicalJson } from '../ledger/canonical-json.js';
import { comparedName, type PolicyType } from '../policies/catalogue/policy-types.js';
import type { FlatPolicy } from '../policies/flat-policy.js';
import { flattenPolicy } from '../policies/flatten-policy.js';
import { assignmentsHashInput, contentHashInput, nameHashInput } from '../policies/hash-inputs.js';
import type { PolicyDocument } from '../policies/policy-document.js';
import type { ArtifactAccess } from './artifact-access.js';

type Digests = Pick<ArtifactAccess, 'digest'>;

/** Keyed hashes by which two contents of a policy are compared. */
export interface ComparedHashes {
  readonly contentHash: string;
  readonly assignmentsHash: string;
}

/** Hashes of a policy under the present comparing rules. `flat` is the flattened policy where it is known. */
export async function comparedHashesOf(
  artifacts: Digests,
  tenantId: string,
  policy: { readonly type: PolicyType; readonly document: PolicyDocument; readonly flat?: FlatPolicy },
): Promise<ComparedHashes> {
  const { type, document, flat = flattenPolicy(type, document) } = policy;
  const [contentHash, assignmentsHash] = await Promise.all([
    artifacts.digest(tenantId, canonicalJson(contentHashInput(comparedName(type, document.raw), flat))),
    artifacts.digest(tenantId, canonicalJson(assignmentsHashInput(document.assignments))),
  ]);
  return { contentHash, assignmentsHash };
}

/** Keyed hash of a policy's exact name. */
export function nameHashOf(artifacts: Digests, tenantId: string, name: string): Promise<string> {
  return artifacts.digest(tenantId, canonicalJson(nameHashInput(name)));
}

/**
 * Keyed hash of the exact name of a group, filter or scope tag, in the form that the cache of the directory has. It
 * equals no hash of a policy's name.
 */
export function directoryNameHashOf(artifacts: Digests, tenantId: string, name: string): Promise<string> {
  return artifacts.digest(tenantId, name);
}
