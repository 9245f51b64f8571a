import type { Clock } from '../clock.js';
import { DatabaseUnavailableError } from '../db/database-trouble.js';
import type { GraphCredential, GraphCredentialStore } from '../db/graph-credentials.js';
import { GraphError } from '../graph/client/graph-error.js';
import { CredentialStoreAway, type TokenSource } from '../graph/client/token-source.js';
import type { EntraCredential } from '../graph/tokens/entra-connection.js';
import { createEntraTokens } from '../graph/tokens/entra-tokens.js';
import type { Tenant } from '../tenancy/tenant-directory.js';

/** Returns the token source of a tenant; all clients of the tenant in this process share it. */
export type TokensOf = (tenant: Pick<Tenant, 'tenantId' | 'graphSignIn'>) => TokenSource;

/**
 * Tokens by tenant: from Entra when the connection names an app, else the fixed token that simulators accept. A
 * changed connection gets a new source, so that no token of the previous connection is sent.
 */
export function createTokensOf(deps: {
  readonly credentials: Pick<GraphCredentialStore, 'get'>;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
}): TokensOf {
  const { credentials, clock } = deps;
  const sources = new Map<string, { readonly connection: string; readonly source: TokenSource }>();

  async function read(tenantId: string, id: string | null): Promise<GraphCredential | undefined> {
    try {
      return await credentials.get(tenantId, id);
    } catch (error) {
      throw error instanceof DatabaseUnavailableError ? new CredentialStoreAway() : error;
    }
  }

  return ({ tenantId, graphSignIn }) => {
    if (graphSignIn === null) return async () => fixedToken(await read(tenantId, null));
    const connection = JSON.stringify(graphSignIn);
    const known = sources.get(tenantId);
    if (known?.connection === connection) return known.source;
    const { directoryId, clientId, cloud, authority } = graphSignIn;
    const { assertionAlgorithm } = graphSignIn.credential;
    const source = createEntraTokens({
      connection: { directoryId, clientId, cloud, authority, assertionAlgorithm },
      credential: async () => entraCredential(await read(tenantId, graphSignIn.credential.id)),
      clock,
      fetch: deps.fetch,
    });
    sources.set(tenantId, { connection, source });
    return source;
  };
}

function fixedToken(credential: GraphCredential | undefined): string {
  // The error has no path, because without a credential no request was sent.
  if (!credential?.token) throw new GraphError({ problem: 'no_credential', method: 'GET', path: '' });
  return credential.token;
}

function entraCredential(stored: GraphCredential | undefined): EntraCredential | undefined {
  const { secret, certificatePem, privateKeyPem } = stored ?? {};
  if (secret) return { kind: 'secret', secret };
  return certificatePem && privateKeyPem ? { kind: 'certificate', certificatePem, privateKeyPem } : undefined;
}
