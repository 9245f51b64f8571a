import { decodeStoredPolicy } from '../policies/stored-policy.js';
import type { ArtifactAccess } from '../snapshots/artifact-access.js';
import { decodeReferences } from '../snapshots/kept-references.js';
import type { PolicyContentsPort } from '../web/ports/policy-contents.js';

/** Reads stored policies for pages from the artifacts in PostgreSQL. Errors: those of the artifact store. */
export function createPolicyContentsPort(artifacts: Pick<ArtifactAccess, 'get'>): PolicyContentsPort {
  return {
    async policy(tenantId, address) {
      const bytes = await artifacts.get(tenantId, address);
      return bytes && decodeStoredPolicy(bytes);
    },
    async references(tenantId, address) {
      const bytes = await artifacts.get(tenantId, address);
      return bytes ? decodeReferences(bytes) : [];
    },
  };
}
