import { decodeStoredPolicy } from '../policies/stored-policy.js';
import { type ArtifactAccess, LOSS_IN_WORDS, readContent } from '../snapshots/artifact-access.js';
import { decodeReferences } from '../snapshots/kept-references.js';
import type { PolicyContentsPort } from '../web/ports/policy-contents.js';

/** Reads stored policies for pages from the artifacts in PostgreSQL. Errors: those of the database. */
export function createPolicyContentsPort(artifacts: Pick<ArtifactAccess, 'get'>): PolicyContentsPort {
  return {
    async policy(tenantId, address) {
      const content = await readContent(artifacts, tenantId, address);
      return 'loss' in content ? { lost: LOSS_IN_WORDS[content.loss] } : decodeStoredPolicy(content.bytes);
    },
    async references(tenantId, address) {
      const content = await readContent(artifacts, tenantId, address);
      return 'loss' in content ? [] : decodeReferences(content.bytes);
    },
  };
}
