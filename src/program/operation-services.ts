import type { Chance, Clock } from '../clock.js';
import type { ArtifactStore } from '../db/artifacts.js';
import type { GraphCredentialStore } from '../db/graph-credentials.js';
import { createGraphClient } from '../graph/client/create-graph-client.js';
import type { GraphClientOptions } from '../graph/client/graph-call.js';
import type { GraphClient } from '../graph/client/graph-client.js';
import { createTenantTraffic, type TenantTraffic } from '../graph/client/tenant-traffic.js';
import { createOutgoingFetch } from '../graph/outgoing-fetch.js';
import { type Ledger, readerOf } from '../ledger/ledger.js';
import type { OperationServices } from '../operations/operation-services.js';
import { RunFailure } from '../operations/run-failure.js';
import type { TenantDirectory } from '../tenancy/tenant-directory.js';
import type { OpenGraphWriter } from '../worker/effect-sending.js';
import { createTokensOf } from './graph-tokens.js';
import { patientArtifacts } from './patient-artifacts.js';

/** What handlers may use of the world, and what their effects write with, on the program's real parts. */
export function createOperationServices(deps: {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly artifacts: ArtifactStore;
  readonly credentials: GraphCredentialStore;
  readonly directory: Pick<TenantDirectory, 'tenant'>;
  /** Which part of a tenant's limits this process may use. */
  readonly shareOf: (tenantId: string) => number;
}): { readonly services: OperationServices; readonly openGraphWriter: OpenGraphWriter } {
  const { ledger, clock, chance, credentials, directory } = deps;
  const outgoing = createOutgoingFetch(process.env);
  const tokensOf = createTokensOf({ credentials, clock, fetch: outgoing });
  // Graph's limits are the tenant's, so that all runs of a tenant keep to them together.
  const traffics = new Map<string, TenantTraffic>();
  const trafficOf = (tenantId: string): TenantTraffic => {
    const traffic =
      traffics.get(tenantId) ?? createTenantTraffic({ clock, chance, share: () => deps.shareOf(tenantId) });
    traffics.set(tenantId, traffic);
    return traffic;
  };

  /** A client for a tenant; one that may only read refuses a write before the socket. */
  async function connect(
    tenantId: string,
    so: Pick<GraphClientOptions, 'readOnly' | 'limits'>,
  ): Promise<GraphClient> {
    const tenant = directory.tenant(tenantId);
    if (!tenant?.graphBaseUrl)
      throw new RunFailure('graph_unauthenticated', 'This tenant has no connection to Graph.');
    return createGraphClient({
      ...{ baseUrl: tenant.graphBaseUrl, clock, chance, traffic: trafficOf(tenantId) },
      ...so,
      fetch: outgoing,
      token: tokensOf(tenant),
    });
  }

  return {
    services: {
      ledger: readerOf(ledger),
      clock,
      artifacts: patientArtifacts(deps.artifacts, { clock, chance }),
      graph: ({ tenantId }) => connect(tenantId, { readOnly: true }),
    },
    openGraphWriter: ({ tenantId, requestTimeoutMs }) => connect(tenantId, { limits: { requestTimeoutMs } }),
  };
}
