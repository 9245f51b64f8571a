import type { Kysely } from 'kysely';
import type { Chance } from '../clock.js';
import type { GraphCredentialStore } from '../db/graph-credentials.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import { CertificateProblem, certificateFacts, readCertificate } from '../graph/tokens/certificate.js';
import { CLOUD_NAMES, CLOUDS, type CloudName } from '../graph/tokens/clouds.js';
import type { EntraCredential } from '../graph/tokens/entra-connection.js';
import type { Ledger } from '../ledger/ledger.js';
import { proposalOf } from '../operations/connection-check/connection-check.js';
import { connectionSchema, type GraphConnection, isSafeAddress } from '../tenancy/connection-events.js';
import { readTenant, removeGraphConnection, TenantRefusal } from '../tenancy/tenant-commands.js';
import type { ConnectionsPort } from '../web/ports/connections.js';
import type { StartsPort } from '../web/ports/starts.js';

/** How somebody asks for a tenant to be connected. */
export interface GivenConnection {
  readonly directoryId: string;
  readonly clientId: string;
  readonly cloud: CloudName;
  /** Other servers than the cloud's (a simulator's), or null. */
  readonly authority: string | null;
  readonly graphUrl: string | null;
}

/**
 * The connection that is asked for, under a new id of its credential. Errors: TenantRefusal that says which value
 * can't be used.
 */
export function connectionAsGiven(
  given: GivenConnection,
  credential: EntraCredential,
  credentialId: string,
): GraphConnection {
  const { authority } = given;
  const baseUrl = given.graphUrl ?? CLOUDS[given.cloud].graph;
  for (const address of [baseUrl, authority ?? baseUrl])
    if (!isSafeAddress(address))
      throw new TenantRefusal(`${address} is not https; only an address of this machine may be.`);
  const facts = credential.kind === 'certificate' ? certificateFacts(credential) : null;
  const connection = connectionSchema.safeParse({
    baseUrl,
    signIn: {
      directoryId: given.directoryId.toLowerCase(),
      clientId: given.clientId.toLowerCase(),
      ...{ cloud: given.cloud, authority },
      credential: {
        id: credentialId,
        kind: credential.kind,
        thumbprint: facts?.thumbprint ?? null,
        endsAt: facts?.endsAt ?? null,
      },
    },
  });
  if (connection.success) return connection.data;
  throw new TenantRefusal('Directory id and client id must be GUIDs, and addresses URLs.');
}

/** A certificate with its key as somebody gave it. Errors: TenantRefusal with what is wrong with it. */
export async function certificateAsGiven(
  file: Uint8Array,
  passphrase: string | null,
): Promise<EntraCredential> {
  try {
    return await readCertificate(file, passphrase);
  } catch (error) {
    throw error instanceof CertificateProblem ? new TenantRefusal(error.message) : error;
  }
}

/** Connections as pages ask for them: nothing here calls Entra or Graph, a run does. */
export function createConnectionsPort(deps: {
  readonly ledger: Ledger;
  readonly credentials: GraphCredentialStore;
  readonly chance: Chance;
  readonly primary: Kysely<PrimaryTables>;
  readonly starts: StartsPort;
  /** Resolves once this process goes by the change at a position. */
  readonly settled: (position: number) => Promise<void>;
}): ConnectionsPort {
  const { ledger, credentials, chance, starts } = deps;
  return {
    clouds: CLOUD_NAMES.map((name) => ({ name, label: CLOUDS[name].label })),
    async propose(actor, { tenantId, correlationId, proof, ...given }) {
      try {
        const credential: EntraCredential =
          proof.kind === 'secret' ? proof : await certificateAsGiven(proof.file, proof.passphrase);
        const credentialId = chance.uuid();
        const proposed = connectionAsGiven(given, credential, credentialId);
        const { state } = await readTenant(ledger, tenantId);
        await credentials.removeOld(tenantId, [state.graphSignIn?.credential.id ?? null]);
        await credentials.set(tenantId, credentialId, { ...credential });
        return await starts.start(actor, {
          ...{ tenantId, correlationId },
          type: 'connection.check',
          input: { proposed: proposalOf(proposed) },
        });
      } catch (error) {
        if (error instanceof TenantRefusal) return { kind: 'invalid', message: error.message };
        throw error;
      }
    },
    async remove({ personId }, { tenantId, correlationId }) {
      try {
        const change = { actor: { kind: 'member', id: personId }, correlationId } as const;
        const position = await removeGraphConnection(ledger, tenantId, change);
        await credentials.removeAll(tenantId);
        await deps.settled(position);
        return { kind: 'changed', position };
      } catch (error) {
        if (error instanceof TenantRefusal) return { kind: 'refused', message: error.message };
        throw error;
      }
    },
  };
}
