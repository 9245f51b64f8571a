import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { nkeys } from 'nats';

interface KeyPair {
  getPublicKey(): string;
  getSeed(): Uint8Array;
  sign(data: Uint8Array): Uint8Array;
}

/** An operator of NATS: its server's configuration, and the credentials of users in its one account with JetStream. */
export interface NatsOperator {
  /** For a server in operator mode, with the accounts in its memory. */
  readonly serverFile: string;
  /** Writes a `.creds` file of a new user. `expiresAt` is in seconds since 1970. */
  credentials(name: string, options?: { readonly expiresAt?: number }): Promise<string>;
}

const NO_LIMIT = { subs: -1, data: -1, payload: -1 };
const ACCOUNT_LIMITS = { ...NO_LIMIT, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
/** A system account must not have JetStream. */
const JETSTREAM_LIMITS = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };

/** Makes what `nsc` makes: an operator, a system account, and an account. */
export async function natsOperator(folder: string): Promise<NatsOperator> {
  const [operator, system, account]: KeyPair[] = [
    nkeys.createOperator(),
    nkeys.createAccount(),
    nkeys.createAccount(),
  ];
  if (!operator || !system || !account) throw new Error('no keys were made');
  const operatorJwt = jwtOf(operator, operator.getPublicKey(), { type: 'operator' });
  const accountOf = (key: KeyPair, limits: object) =>
    `${key.getPublicKey()}: ${jwtOf(operator, key.getPublicKey(), { type: 'account', limits })}`;
  const accounts = [
    accountOf(system, ACCOUNT_LIMITS),
    accountOf(account, { ...ACCOUNT_LIMITS, ...JETSTREAM_LIMITS }),
  ];
  const serverFile = path.join(folder, 'operator.conf');
  await writeFile(
    serverFile,
    [
      `operator: ${operatorJwt}`,
      `system_account: ${system.getPublicKey()}`,
      'resolver: MEMORY',
      `resolver_preload: { ${accounts.join(', ')} }`,
    ].join('\n'),
  );
  return {
    serverFile,
    async credentials(name, { expiresAt } = {}) {
      const user: KeyPair = nkeys.createUser();
      const jwt = jwtOf(account, user.getPublicKey(), { type: 'user', ...NO_LIMIT }, expiresAt);
      const file = path.join(folder, `${name}.creds`);
      await writeFile(
        file,
        [
          ...['-----BEGIN NATS USER JWT-----', jwt, '------END NATS USER JWT------', ''],
          ...['-----BEGIN USER NKEY SEED-----', new TextDecoder().decode(user.getSeed())],
          ...['------END USER NKEY SEED------', ''],
        ].join('\n'),
        { mode: 0o600 },
      );
      return file;
    },
  };
}

/** A JWT as NATS has them: https://docs.nats.io/running-a-nats-service/configuration/securing_nats/jwt */
function jwtOf(issuer: KeyPair, subject: string, claims: object, expiresAt?: number): string {
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const payload = {
    jti: subject,
    iat: Math.floor(Date.now() / 1000),
    iss: issuer.getPublicKey(),
    sub: subject,
    ...(expiresAt === undefined ? {} : { exp: expiresAt }),
    nats: { ...claims, version: 2 },
  };
  const signed = `${encoded({ typ: 'JWT', alg: 'ed25519-nkey' })}.${encoded(payload)}`;
  return `${signed}.${Buffer.from(issuer.sign(new TextEncoder().encode(signed))).toString('base64url')}`;
}
