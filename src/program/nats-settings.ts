import { readFile } from 'node:fs/promises';
import type { NatsBusOptions } from '../bus/nats/nats-bus.js';
import { type Config, ConfigError } from '../config.js';

/** Where NATS is and what signs in to it. */
export type NatsSettings = Pick<NatsBusOptions, 'servers' | 'credentials' | 'tls'>;

/**
 * How NATS is reached: user and password, or a token, stand in NATS_URL as in any address, and are taken out of it
 * so that no log shows them; a credentials file stands in a variable of its own. Undefined without NATS_URL. Errors:
 * ConfigError for settings that contradict each other and for files that can't be read.
 */
export async function natsSettingsOf(config: Config): Promise<NatsSettings | undefined> {
  const { NATS_URL, NATS_CREDENTIALS_FILE: credentialsFile } = config;
  if (!NATS_URL) return undefined;
  const addresses = NATS_URL.split(',').map((part) => new URL(part.trim()));
  const fromAddress = credentialsIn(addresses);
  if (fromAddress && credentialsFile)
    throw new ConfigError('NATS_CREDENTIALS_FILE is not usable: NATS_URL holds a user or a token already.');
  const credentials = credentialsFile
    ? { creds: await fileOf('NATS_CREDENTIALS_FILE', credentialsFile) }
    : fromAddress;
  const servers = addresses.map(({ protocol, host }) => `${protocol}//${host}`).join(',');
  const tls = tlsOf(config, addresses);
  return { servers, ...(credentials ? { credentials } : {}), ...(tls ? { tls } : {}) };
}

/** The client takes one set of credentials for all servers of a cluster. */
function credentialsIn(addresses: readonly URL[]): NatsSettings['credentials'] {
  const [address] = addresses.filter(({ username }) => username !== '');
  if (!address) return undefined;
  const isSame = ({ username, password }: URL) =>
    username === '' || (username === address.username && password === address.password);
  if (!addresses.every(isSame))
    throw new ConfigError('NATS_URL is not usable: its servers name different users or tokens.');
  const user = decodeURIComponent(address.username);
  const password = decodeURIComponent(address.password);
  return password === '' ? { token: user } : { user, password };
}

function tlsOf(config: Config, addresses: readonly URL[]): NatsSettings['tls'] {
  const { NATS_CA_FILE: caFile, NATS_CERT_FILE: certFile, NATS_KEY_FILE: keyFile } = config;
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new ConfigError('NATS_CERT_FILE and NATS_KEY_FILE go together: set both or none.');
  const isWanted = addresses.some(({ protocol }) => protocol === 'tls:' || protocol === 'wss:');
  if (!isWanted && !caFile && !certFile) return undefined;
  return {
    ...(caFile ? { caFile } : {}),
    ...(certFile && keyFile ? { certFile, keyFile } : {}),
  };
}

async function fileOf(variable: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new ConfigError(`${variable} is not usable: the file can't be read (${code}).`);
  }
}
