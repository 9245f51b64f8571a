/** The hosts of Entra's issuers in all clouds. */
const HOSTS = [
  'login.microsoftonline.com',
  'login.microsoftonline.us',
  'login.partner.microsoftonline.cn',
  'login.chinacloudapi.cn',
];
const PATH = /^\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/v2\.0\/?$/i;

/** The directory of somebody whose ID token has this issuer, in lower case; null for an issuer that isn't Entra. */
export function directoryOfIssuer(issuer: string): string | null {
  if (!URL.canParse(issuer)) return null;
  const { protocol, host, pathname } = new URL(issuer);
  if (protocol !== 'https:' || !HOSTS.includes(host)) return null;
  return PATH.exec(pathname)?.[1]?.toLowerCase() ?? null;
}

/** Addresses at which people of more than one directory sign in, such as `/organizations/v2.0`. */
const MANY_DIRECTORIES = /^\/(common|organizations)\/v2\.0\/?$/;

/**
 * The issuer that Entra's metadata names at an address for people of more than one directory. It has the placeholder
 * `{tenantid}` in place of their directory. Null for any other address.
 */
export function issuerTemplateOf({ protocol, host, pathname }: URL): string | null {
  const isEntra = protocol === 'https:' && HOSTS.includes(host);
  return isEntra && MANY_DIRECTORIES.test(pathname) ? `https://${host}/{tenantid}/v2.0` : null;
}
