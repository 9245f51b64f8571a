import type { Kysely } from 'kysely';
import type { Chance } from '../clock.js';
import type { GraphCredentialStore } from '../db/graph-credentials.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import { CertificateProblem, certificateFacts, readCertificate } from '../graph/tokens/certificate.js';
import { CLOUD_NAMES, CLOUDS, type CloudName } from '../graph/tokens/clouds.js';
import {
  ASSERTION_ALGORITHMS,
  type AssertionAlgorithm,
  type EntraCredential,
} from '../graph/tokens/entra-connection.js';
import type { Ledger } from '../ledger/ledger.js';
import { proposalOf } from '../operations/connection-check/connection-check.js';
import { connectionSchema, type GraphConnection, isSafeAddress } from '../tenancy/connection-events.js';
import { readTenant, removeGraphConnection, TenantRefusal } from '../tenancy/tenant-commands.js';
import type { ConnectionsPort } from '../web/ports/connections.js';
import type { StartsPort } from '../web/ports/starts.js';

/** A tenant's connection as a person enters it. */
export interface GivenConnection {
  readonly directoryId: string;
  readonly clientId: string;
  readonly cloud: CloudName;
  /** Addresses of a simulator in place of the cloud's, or null. */
  readonly authority: string | null;
  readonly graphUrl: string | null;
  /** The day on which a secret ends, as Entra shows it (`2027-04-30`), or null; a certificate says so itself. */
  readonly secretEndsOn: string | null;
  /** How assertions are signed with a certificate's key; ignored for a secret. */
  readonly assertionAlgorithm: AssertionAlgorithm;
}

/**
 * The connection that a person entered, with a new id for its credential. Errors: TenantRefusal that names the
 * value that can't be used.
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
  if (facts && given.secretEndsOn !== null)
    throw new TenantRefusal('A certificate says itself when it ends; leave the secret’s end out.');
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
        endsAt: facts?.endsAt ?? (given.secretEndsOn && `${given.secretEndsOn}T00:00:00.000Z`),
        assertionAlgorithm: facts && given.assertionAlgorithm,
      },
    },
  });
  if (connection.success) return connection.data;
  throw new TenantRefusal(
    'Directory id and client id must be GUIDs, addresses URLs, and the secret’s end a day such as 2027-04-30.',
  );
}

/** Reads the certificate and key that a person gave. Errors: TenantRefusal that says what is wrong with them. */
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

/** Connections for the pages. Nothing here calls Entra or Graph; a run does that. */
export function createConnectionsPort(deps: {
  readonly ledger: Ledger;
  readonly credentials: GraphCredentialStore;
  readonly chance: Chance;
  readonly primary: Kysely<PrimaryTables>;
  readonly starts: StartsPort;
  /** Resolves when this process has applied the change at a log position. */
  readonly settled: (position: number) => Promise<void>;
}): ConnectionsPort {
  const { ledger, credentials, chance, starts } = deps;
  return {
    clouds: CLOUD_NAMES.map((name) => ({ name, label: CLOUDS[name].label })),
    assertionAlgorithms: ASSERTION_ALGORITHMS,
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
