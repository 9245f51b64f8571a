import { hkdfSync } from 'node:crypto';
import { type Config, ConfigError } from '../config.js';
import type { MasterKey } from '../db/master-key.js';
import { createOutgoingFetch } from '../graph/outgoing-fetch.js';
import type { OidcSettings } from '../web/auth/oidc-settings.js';
import { basePathOf } from '../web/base-path.js';

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
const KEY_BYTES = 32;

/** Whether an address is on this machine, where plain HTTP is as safe as TLS. */
const isLoopbackUrl = (url: string): boolean => LOOPBACK.test(new URL(url).hostname);

/**
 * The settings for signing in by OIDC, or undefined without an issuer. Errors: ConfigError for settings that can't
 * work or that would send codes and sessions unencrypted.
 */
export function oidcSettingsOf(config: Config, masterKey: MasterKey): OidcSettings | undefined {
  checkOidcConfig(config);
  const { OIDC_CLIENT_ID: clientId, OIDC_ISSUER: issuer, OPSLEDGER_PUBLIC_URL: publicUrl } = config;
  if (!issuer || !clientId || !publicUrl) return undefined;
  return {
    issuer,
    clientId,
    clientSecret: config.OIDC_CLIENT_SECRET,
    clientAuth: config.OIDC_CLIENT_AUTH,
    scopes: config.OIDC_SCOPES,
    publicOrigin: new URL(publicUrl).origin,
    basePath: basePathOf(publicUrl),
    flowKey: keyFor('sign-in-flow', masterKey),
    renewalKey: keyFor('session-renewal', masterKey),
    fetch: createOutgoingFetch(process.env),
  };
}

const keyFor = (purpose: string, { wrappingKey }: MasterKey): Buffer =>
  Buffer.from(hkdfSync('sha256', wrappingKey, '', `opsledger/${purpose}`, KEY_BYTES));

/** Checks the OIDC variables together. Errors: ConfigError. */
export function checkOidcConfig(config: Config): void {
  const { OIDC_CLIENT_ID: clientId, OIDC_ISSUER: issuer, OPSLEDGER_PUBLIC_URL: publicUrl } = config;
  if (!issuer) {
    if (clientId || config.OIDC_CLIENT_SECRET)
      throw new ConfigError('OIDC_ISSUER is missing: the other OIDC variables mean nothing without it.');
    return;
  }
  if (!clientId) throw new ConfigError('OIDC_CLIENT_ID is missing: OIDC_ISSUER needs it.');
  if (!publicUrl)
    throw new ConfigError(
      'OPSLEDGER_PUBLIC_URL is missing: with OIDC_ISSUER set, the provider must know where to send people back to.',
    );
  for (const [name, url] of [
    ['OIDC_ISSUER', issuer],
    ['OPSLEDGER_PUBLIC_URL', publicUrl],
  ] as const)
    if (!URL.canParse(url) || (!url.startsWith('https://') && !isLoopbackUrl(url)))
      throw new ConfigError(
        `${name} is not usable: sign-in needs an https:// address everywhere but on this machine.`,
      );
}

/**
 * Whether the development sign-in is allowed: only without an issuer, and when the server can be reached only from
 * this machine, also not through a proxy.
 */
export function allowsDevelopmentSignIn(config: Config): boolean {
  const { OIDC_ISSUER: issuer, OPSLEDGER_HOST: host, OPSLEDGER_PUBLIC_URL: publicUrl } = config;
  const onThisMachine = LOOPBACK.test(host.includes(':') ? `[${host}]` : host);
  return (
    !issuer &&
    onThisMachine &&
    (publicUrl === undefined || (URL.canParse(publicUrl) && isLoopbackUrl(publicUrl)))
  );
}
