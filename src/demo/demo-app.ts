import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { v5 as uuidv5 } from 'uuid';
import type { Chance, Clock } from '../clock.js';
import type { GraphCredentialStore } from '../db/graph-credentials.js';
import type { EntraSetupInput } from '../graph/simulator/entra/entra-setup.js';
import { certificateFacts } from '../graph/tokens/certificate.js';
import type { EntraCredential } from '../graph/tokens/entra-connection.js';
import { GROUPS_PERMISSION } from '../operations/directory-groups-sync/sync-run.js';
import { READ_PERMISSIONS, WRITE_PERMISSIONS } from '../policies/catalogue/policy-types.js';
import { tenantIdOf } from '../tenancy/tenant-commands.js';
import type { TenantDirectory } from '../tenancy/tenant-directory.js';
import { type DemoSignIn, signInDirectory } from './demo-sign-in.js';
import { DEMO_TENANTS, DIRECTORY_NAMESPACE, demoDirectoryId } from './demo-tenants.js';

type Certificate = Extract<EntraCredential, { kind: 'certificate' }>;

/** The provider's app registration, which the simulated directories of all demo tenants know. */
export interface DemoApp {
  readonly clientId: string;
  readonly credentialId: string;
  readonly certificate: Certificate;
}

const CLIENT_ID = uuidv5('app', DIRECTORY_NAMESPACE);
const KEY_BITS = 2048;
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
/** A certificate that expires sooner than this is replaced. */
const KEPT_FOR_MS = 60 * 24 * 60 * 60 * 1000;
/** Short, so that a product that runs for a while renews its tokens. */
const TOKEN_LIFE_SECONDS = 300;
/** The app with the certificate of the demo tenants' connections, or with a new one at the first start. */
export async function demoApp(deps: {
  readonly credentials: GraphCredentialStore;
  readonly directory: TenantDirectory;
  readonly ledgerId: string;
  readonly clock: Clock;
  readonly chance: Chance;
}): Promise<DemoApp> {
  const { credentials, directory, ledgerId, clock, chance } = deps;
  for (const { slug } of DEMO_TENANTS) {
    const tenantId = tenantIdOf(ledgerId, slug);
    const { id = null, endsAt = null } = directory.tenant(tenantId)?.graphSignIn?.credential ?? {};
    if (id === null || endsAt === null || Date.parse(endsAt) < clock.now() + KEPT_FOR_MS) continue;
    const { certificatePem, privateKeyPem } = (await credentials.get(tenantId, id)) ?? {};
    if (certificatePem && privateKeyPem)
      return {
        clientId: CLIENT_ID,
        credentialId: id,
        certificate: { kind: 'certificate', certificatePem, privateKeyPem },
      };
  }
  const certificate = await selfSigned(clock.now());
  return { clientId: CLIENT_ID, credentialId: chance.uuid(), certificate };
}

/** The demo's app may read everything and restore it. */
const ROLES = [...READ_PERMISSIONS, ...WRITE_PERMISSIONS, GROUPS_PERMISSION];

/**
 * The simulated Entra that knows the app in the directory of every demo tenant, and where people sign in with it also
 * their accounts.
 */
export function demoEntra({ clientId, certificate }: DemoApp, signIn: DemoSignIn | null): EntraSetupInput {
  const { certificatePem: pem } = certificate;
  const { endsAt } = certificateFacts(certificate);
  return {
    tokenLifeSeconds: TOKEN_LIFE_SECONDS,
    directories: DEMO_TENANTS.map(({ slug }) => {
      const { apps, people } = signIn ? signInDirectory(slug, signIn) : { apps: [], people: [] };
      const reader = { clientId, certificates: [{ pem, endsAt }], roles: ROLES };
      return { directoryId: demoDirectoryId(slug), tenant: slug, apps: [reader, ...apps], people };
    }),
  };
}

/** A certificate for a year with its key. Node.js can make keys but no certificates. */
async function selfSigned(now: number): Promise<Certificate> {
  const { default: forge } = await import('node-forge');
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: KEY_BITS });
  const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const key = forge.pki.privateKeyFromPem(privateKeyPem);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.setRsaPublicKey(key.n, key.e);
  certificate.serialNumber = `01${randomBytes(8).toString('hex')}`;
  certificate.validity.notBefore = new Date(now);
  certificate.validity.notAfter = new Date(now + YEAR_MS);
  const names = [{ name: 'commonName', value: 'Opsledger demo' }];
  certificate.setSubject(names);
  certificate.setIssuer(names);
  certificate.sign(key, forge.md.sha256.create());
  return { kind: 'certificate', certificatePem: forge.pki.certificateToPem(certificate), privateKeyPem };
}
