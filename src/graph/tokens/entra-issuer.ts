/** The hosts of Entra's issuers in all clouds. */
const HOSTS = [
  'login.microsoftonline.com',
  'login.microsoftonline.us',
  'login.partner.microsoftonline.cn',
  'login.chinacloudapi.cn',
];
/** Where a simulator plays Entra: on this machine alone. */
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
const PATH = /^\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/v2\.0\/?$/i;

const isEntra = ({ protocol, host, hostname }: URL): boolean =>
  protocol === 'https:' ? HOSTS.includes(host) : protocol === 'http:' && LOOPBACK.test(hostname);

/**
 * The directory of somebody whose ID token has this issuer, in lower case; null for an issuer that is neither
 * Entra nor a simulator of it on this machine.
 */
export function directoryOfIssuer(issuer: string): string | null {
  if (!URL.canParse(issuer)) return null;
  const address = new URL(issuer);
  return isEntra(address) ? (PATH.exec(address.pathname)?.[1]?.toLowerCase() ?? null) : null;
}

/** Addresses at which people of more than one directory sign in, such as `/organizations/v2.0`. */
const MANY_DIRECTORIES = /^\/(common|organizations)\/v2\.0\/?$/;

/**
 * The issuer that Entra's metadata names at an address for people of more than one directory. It has the placeholder
 * `{tenantid}` in place of their directory. Null for any other address.
 */
export function issuerTemplateOf(address: URL): string | null {
  const isForMany = isEntra(address) && MANY_DIRECTORIES.test(address.pathname);
  return isForMany ? `${address.protocol}//${address.host}/{tenantid}/v2.0` : null;
}
