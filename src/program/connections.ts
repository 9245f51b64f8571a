import type { Kysely } from 'kysely';
import type { Chance, Clock } from '../clock.js';
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
import {
  connectionSchema,
  type GraphConnection,
  graphSignInSchema,
  isSafeAddress,
} from '../tenancy/connection-events.js';
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
 * The connection that a person entered, with a new id for its credential. `now` is in milliseconds since 1970. Errors:
 * TenantRefusal that names the value that can't be used.
 */
export function connectionAsGiven(
  given: GivenConnection,
  credential: EntraCredential,
  { credentialId, now }: { readonly credentialId: string; readonly now: number },
): GraphConnection {
  const { authority } = given;
  const baseUrl = given.graphUrl ?? CLOUDS[given.cloud].graph;
  for (const address of [baseUrl, authority ?? baseUrl])
    if (!isSafeAddress(address))
      throw new TenantRefusal(`${address} is not https; only an address of this machine may be.`);
  const facts = credential.kind === 'certificate' ? certificateFacts(credential) : null;
  const secretEndsAt = given.secretEndsOn === null ? null : endOfDay(given.secretEndsOn);
  if (facts && secretEndsAt !== null)
    throw new TenantRefusal('A certificate says itself when it ends; leave the secret’s end out.');
  if (secretEndsAt !== null && Date.parse(secretEndsAt) + BEHIND_UTC_MAX_MS < now)
    throw new TenantRefusal(
      `The secret’s end, ${given.secretEndsOn}, is past: give the day that Entra shows, or leave it out.`,
    );
  if (facts && Date.parse(facts.endsAt) <= now)
    throw new TenantRefusal(
      `The certificate ended on ${dayOf(facts.endsAt)}: make a new one, upload it to the app registration, and give that one.`,
    );
  if (facts && Date.parse(facts.beginsAt) > now + CLOCKS_APART_MS)
    throw new TenantRefusal(
      `The certificate is not valid before ${dayOf(facts.beginsAt)}: give another one, or set this machine’s clock.`,
    );
  assertIds(given);
  const connection = connectionSchema.safeParse({
    baseUrl,
    signIn: {
      directoryId: given.directoryId.toLowerCase(),
      clientId: given.clientId.toLowerCase(),
      cloud: given.cloud,
      authority,
      credential: {
        id: credentialId,
        kind: credential.kind,
        thumbprint: facts?.thumbprint ?? null,
        endsAt: facts?.endsAt ?? secretEndsAt,
        assertionAlgorithm: facts && given.assertionAlgorithm,
      },
    },
  });
  if (connection.success) return connection.data;
  const isDay = connection.error.issues.some(({ path }) => path.at(-1) === 'endsAt');
  throw new TenantRefusal(isDay ? DAY_FORM : ADDRESS_FORM);
}

/** Errors: TenantRefusal that names the id that is no GUID. */
export function assertIds(given: Pick<GivenConnection, 'directoryId' | 'clientId'>): void {
  for (const name of ['directoryId', 'clientId'] as const)
    if (!graphSignInSchema.shape[name].safeParse(given[name]).success) throw new TenantRefusal(FORMS[name]);
}

/** A certificate that was made just now on a machine whose clock is ahead is taken. */
const CLOCKS_APART_MS = 5 * 60_000;
const dayOf = (time: string): string => time.slice(0, 10);

/** Entra shows the end as a day of the browser's time zone, which may be this far behind UTC. */
const BEHIND_UTC_MAX_MS = 12 * 3_600_000;

/** The last moment of a day in UTC, because the secret may be good until then. */
const endOfDay = (day: string): string => `${day}T23:59:59.999Z`;

const ADDRESS_FORM = 'The addresses of a simulator must be such as http://127.0.0.1:8765.';
const DAY_FORM = 'The secret’s end must be a day such as 2027-04-30.';
/** What each id must look like. */
const FORMS = {
  directoryId: 'The directory id must be a GUID; Entra shows it as Directory (tenant) ID.',
  clientId: 'The client id must be a GUID; Entra shows it as Application (client) ID.',
} as const;

/** Reads the certificate and key that a person gave. Errors: TenantRefusal that says what is wrong with them. */
async function certificateAsGiven(file: Uint8Array, passphrase: string | null): Promise<EntraCredential> {
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
  readonly clock: Clock;
  readonly chance: Chance;
  readonly primary: Kysely<PrimaryTables>;
  readonly starts: StartsPort;
  /** Resolves when this process has applied the change at a log position. */
  readonly settled: (position: number) => Promise<void>;
}): ConnectionsPort {
  const { ledger, credentials, clock, chance, starts } = deps;
  return {
    clouds: CLOUD_NAMES.map((name) => ({ name, label: CLOUDS[name].label })),
    assertionAlgorithms: ASSERTION_ALGORITHMS,
    async propose(actor, { tenantId, correlationId, proof, ...given }) {
      try {
        const credential: EntraCredential =
          proof.kind === 'secret' ? proof : await certificateAsGiven(proof.file, proof.passphrase);
        const credentialId = chance.uuid();
        const proposed = connectionAsGiven(given, credential, { credentialId, now: clock.now() });
        const { state } = await readTenant(ledger, tenantId);
        await credentials.removeOld(tenantId, [state.graphSignIn?.credential.id ?? null]);
        await credentials.set(tenantId, credentialId, { ...credential });
        return await starts.start(actor, {
          tenantId,
          correlationId,
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
