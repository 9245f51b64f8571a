import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { holdsUserCredentials } from '../bus/nats/credentials-file.js';
import type { NatsBusOptions } from '../bus/nats/nats-bus.js';
import { userSeedIn } from '../bus/nats/nkey-seed.js';
import { type Config, ConfigError } from '../config.js';

/** The addresses of NATS, how to sign in, and how many servers keep each command. */
export type NatsSettings = Pick<NatsBusOptions, 'servers' | 'credentials' | 'tls' | 'replicas'>;

/**
 * The settings for NATS. User and password, or a token, may be in NATS_URL, and are removed from the address so
 * that no log shows them; a credentials file and the seed file of an nkey each have a variable. Undefined without
 * NATS_URL. Errors: ConfigError for settings that contradict each other and for files that can't be used.
 */
export async function natsSettingsOf(config: Config): Promise<NatsSettings | undefined> {
  const { NATS_URL, NATS_REPLICAS: replicas } = config;
  if (!NATS_URL) return undefined;
  const addresses = NATS_URL.split(',').map((part) => new URL(part.trim()));
  const credentials = await credentialsOf(config, addresses);
  const servers = addresses.map(({ protocol, host }) => `${protocol}//${host}`).join(',');
  const tls = await tlsOf(config, addresses);
  return {
    servers,
    ...(credentials ? { credentials } : {}),
    ...(tls ? { tls } : {}),
    ...(replicas ? { replicas } : {}),
  };
}

/** The credentials from the address or from a file; undefined when there are none. */
async function credentialsOf(
  { NATS_CREDENTIALS_FILE: credentialsFile, NATS_NKEY_FILE: nkeyFile }: Config,
  addresses: readonly URL[],
): Promise<NatsSettings['credentials']> {
  const inAddress = loginIn(addresses);
  const variable = credentialsFile ? 'NATS_CREDENTIALS_FILE' : 'NATS_NKEY_FILE';
  if (inAddress && (credentialsFile || nkeyFile))
    throw new ConfigError(`${variable} is not usable: NATS_URL holds a user or a token already.`);
  if (credentialsFile && nkeyFile)
    throw new ConfigError('NATS_NKEY_FILE is not usable beside NATS_CREDENTIALS_FILE: set one of them.');
  if (credentialsFile) return { creds: await credentialsIn(variable, credentialsFile) };
  if (!nkeyFile) return inAddress;
  const nkeySeed = userSeedIn(await fileOf(variable, nkeyFile));
  if (nkeySeed === undefined)
    throw new ConfigError('NATS_NKEY_FILE is not usable: the file holds no valid seed of a user (“SU…”).');
  return { nkeySeed };
}

/**
 * The credentials in the addresses, which must be the same in all, because the client uses one set for all servers
 * of a cluster.
 */
function loginIn(addresses: readonly URL[]): NatsSettings['credentials'] {
  const [address] = addresses.filter(({ username }) => username !== '');
  if (!address) return undefined;
  const isSame = ({ username, password }: URL) =>
    username === '' || (username === address.username && password === address.password);
  if (!addresses.every(isSame))
    throw new ConfigError('NATS_URL is not usable: its servers name different users or tokens.');
  const user = plain(address.username);
  const password = plain(address.password);
  return password === '' ? { token: user } : { user, password };
}

/** A part of an address without its escapes. */
function plain(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ConfigError(
      'NATS_URL is not usable: a % in its user, password or token must be written as %25.',
    );
  }
}

async function credentialsIn(variable: string, file: string): Promise<string> {
  const creds = await fileOf(variable, file);
  if (!holdsUserCredentials(creds))
    throw new ConfigError(
      `${variable} is not usable: the file holds no user JWT and seed, as “nsc generate creds” writes them.`,
    );
  return creds;
}

async function tlsOf(config: Config, addresses: readonly URL[]): Promise<NatsSettings['tls']> {
  const { NATS_CA_FILE: caFile, NATS_CERT_FILE: certFile, NATS_KEY_FILE: keyFile } = config;
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new ConfigError('NATS_CERT_FILE and NATS_KEY_FILE go together: set both or none.');
  const isWanted = addresses.some(({ protocol }) => protocol === 'tls:' || protocol === 'wss:');
  if (!isWanted && !caFile && !certFile) return undefined;
  const ca = caFile ? await certificatesIn('NATS_CA_FILE', caFile) : undefined;
  const cert = certFile ? await certificatesIn('NATS_CERT_FILE', certFile) : undefined;
  const key = keyFile ? await keyIn('NATS_KEY_FILE', keyFile) : undefined;
  if (cert && key && !new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw new ConfigError(
      'NATS_KEY_FILE is not usable: it is not the key of the certificate in NATS_CERT_FILE.',
    );
  return { ...(ca ? { ca } : {}), ...(cert && key ? { cert, key } : {}) };
}

/** The PEM text of a file with certificates. */
async function certificatesIn(variable: string, file: string): Promise<string> {
  const text = await fileOf(variable, file);
  try {
    new X509Certificate(text);
    return text;
  } catch {
    throw new ConfigError(`${variable} is not usable: the file holds no certificate in PEM.`);
  }
}

/** The PEM text of a file with a private key without a passphrase. */
async function keyIn(variable: string, file: string): Promise<string> {
  const text = await fileOf(variable, file);
  try {
    createPrivateKey(text);
    return text;
  } catch {
    throw new ConfigError(
      `${variable} is not usable: the file holds no private key in PEM, or one with a passphrase.`,
    );
  }
}

async function fileOf(variable: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new ConfigError(`${variable} is not usable: the file can't be read (${code}).`);
  }
}
