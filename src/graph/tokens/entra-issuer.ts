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
