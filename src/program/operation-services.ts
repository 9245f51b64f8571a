import type { Chance, Clock } from '../clock.js';
import type { ArtifactStore } from '../db/artifacts.js';
import type { GraphCredentialStore } from '../db/graph-credentials.js';
import { createGraphClient } from '../graph/client/create-graph-client.js';
import { GraphError } from '../graph/client/graph-error.js';
import type { Ledger } from '../ledger/ledger.js';
import type { OperationServices } from '../operations/operation-services.js';
import { RunFailure } from '../operations/run-failure.js';
import type { TenantDirectory } from '../tenancy/tenant-directory.js';

/** What handlers may use of the world, on the program's real parts. */
export function createOperationServices(deps: {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly artifacts: ArtifactStore;
  readonly credentials: GraphCredentialStore;
  readonly directory: TenantDirectory;
}): OperationServices {
  const { ledger, clock, chance, artifacts, credentials, directory } = deps;
  return {
    ledger,
    clock,
    artifacts,
    async graph({ tenantId, readOnly }) {
      const baseUrl = directory.tenant(tenantId)?.graphBaseUrl;
      if (!baseUrl) throw new RunFailure('graph_unauthenticated', 'This tenant has no connection to Graph.');
      return createGraphClient({
        baseUrl,
        readOnly,
        clock,
        chance,
        token: async () => {
          const credential = await credentials.get(tenantId);
          // A path of no meaning: what failed is that there is nothing to sign in with.
          if (!credential?.token) throw new GraphError({ problem: 'token', method: 'GET', path: '' });
          return credential.token;
        },
      });
    },
  };
}
