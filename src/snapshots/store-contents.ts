import type { WholePolicy } from '../graph/policies/read-whole.js';
import { encodeStoredPolicy } from '../policies/stored-policy.js';
import type { ArtifactAccess } from './artifact-access.js';
import { encodeReferences } from './kept-references.js';

/** Where a policy and the names of what it refers to are stored. */
export interface StoredContents {
  readonly artifact: string;
  /** Null when the policy refers to nothing. */
  readonly references: string | null;
  /** Size of the policy's document. */
  readonly bytes: number;
}

/** Stores a policy that was read whole, with the names of what it refers to. Errors: those of the artifact store. */
export async function storeContents(
  artifacts: Pick<ArtifactAccess, 'put'>,
  tenantId: string,
  { policy, references }: WholePolicy,
): Promise<StoredContents> {
  const document = encodeStoredPolicy(policy.type, policy);
  const [artifact, named] = await Promise.all([
    artifacts.put(tenantId, document),
    references.length === 0 ? null : artifacts.put(tenantId, encodeReferences(references)),
  ]);
  return { artifact, references: named, bytes: document.length };
}
