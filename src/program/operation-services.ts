import type { Chance, Clock } from '../clock.js';
import type { ArtifactStore } from '../db/artifacts.js';
import type { GraphCredentialStore } from '../db/graph-credentials.js';
import type { ExportStorage } from '../exports/export-storage.js';
import { createGraphClient } from '../graph/client/create-graph-client.js';
import type { GraphClientOptions } from '../graph/client/graph-call.js';
import type { GraphClient } from '../graph/client/graph-client.js';
import { createTenantTraffic, type TenantTraffic } from '../graph/client/tenant-traffic.js';
import { createOutgoingFetch } from '../graph/outgoing-fetch.js';
import { type Ledger, readerOf } from '../ledger/ledger.js';
import type { OperationServices } from '../operations/operation-services.js';
import type { OperationRegistry } from '../operations/registry.js';
import { RunFailure } from '../operations/run-failure.js';
import type { RunHandle } from '../operations/run-handle.js';
import { directoryOf } from '../tenancy/connected-directory.js';
import type { GraphConnection } from '../tenancy/connection-events.js';
import type { TenantDirectory } from '../tenancy/tenant-directory.js';
import type { OpenGraphWriter } from '../worker/effect-sending.js';
import { createTokensOf } from './graph-tokens.js';
import { retryingStorage } from './retrying-storage.js';

/** The services of handlers, and the Graph writer for their effects, with the program's real parts. */
export function createOperationServices(deps: {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly artifacts: ArtifactStore;
  readonly exportFiles: ExportStorage;
  readonly credentials: GraphCredentialStore;
  readonly directory: Pick<TenantDirectory, 'tenant' | 'all'>;
  /** The share of a tenant's limits that this process may use. */
  readonly shareOf: (tenantId: string) => number;
  readonly operations: OperationRegistry;
}): {
  readonly servicesOf: (run: Pick<RunHandle, 'signal'>) => OperationServices;
  readonly openGraphWriter: OpenGraphWriter;
} {
  const { ledger, clock, chance, credentials, directory } = deps;
  const outgoing = createOutgoingFetch(process.env);
  const tokensOf = createTokensOf({ credentials, clock, fetch: outgoing });
  // Graph's limits apply to a tenant, so all runs of a tenant share one traffic.
  const traffics = new Map<string, TenantTraffic>();
  const trafficOf = (tenantId: string): TenantTraffic => {
    const traffic =
      traffics.get(tenantId) ?? createTenantTraffic({ clock, chance, share: () => deps.shareOf(tenantId) });
    traffics.set(tenantId, traffic);
    return traffic;
  };

  /** The tenant's own connection. Errors: RunFailure when there is none. */
  function connectionOf(tenantId: string): GraphConnection {
    const tenant = directory.tenant(tenantId);
    if (!tenant?.graphBaseUrl)
      throw new RunFailure('graph_unauthenticated', 'This tenant has no connection to Graph.');
    return { baseUrl: tenant.graphBaseUrl, signIn: tenant.graphSignIn };
  }

  /** A client for a tenant; a read-only client refuses a write before it sends anything. */
  function connect(
    tenantId: string,
    { baseUrl, signIn }: GraphConnection,
    so: Pick<GraphClientOptions, 'readOnly' | 'limits'>,
  ): GraphClient {
    return createGraphClient({
      baseUrl,
      clock,
      chance,
      traffic: trafficOf(tenantId),
      ...so,
      fetch: outgoing,
      token: tokensOf({ tenantId, graphSignIn: signIn }),
    });
  }

  return {
    servicesOf: ({ signal }) => ({
      ledger: readerOf(ledger),
      clock,
      ...retryingStorage(deps, { clock, chance, signal }),
      tenantIds: () => directory.all().map(({ tenantId }) => tenantId),
      graph: async ({ tenantId }) => connect(tenantId, connectionOf(tenantId), { readOnly: true }),
      async connection({ tenantId, run, proposed }) {
        const connection = proposed ?? connectionOf(tenantId);
        const token = tokensOf({ tenantId, graphSignIn: connection.signIn });
        return {
          connection,
          graph: connect(tenantId, connection, { readOnly: true }),
          token: () => token({ refused: null, claims: null, signal: run.signal }),
        };
      },
      graphNeeds: [...deps.operations.values()]
        .filter(({ permissions }) => permissions.length > 0)
        .map(({ type, label, permissions }) => ({ type, label, permissions })),
    }),
    async openGraphWriter({ tenantId, requestTimeoutMs }) {
      const connection = connectionOf(tenantId);
      const { write } = connect(tenantId, connection, { limits: { requestTimeoutMs } });
      return { directory: directoryOf(connection), write };
    },
  };
}
