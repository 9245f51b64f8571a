import type { FastifyInstance } from 'fastify';

/**
 * The path below which the hub runs when it shares a host name with other sites, such as `/ops`; empty for a hub at the
 * root. Routes, redirects and templates don't know it: it is removed from incoming addresses and put before outgoing
 * ones.
 */
export type BasePath = string;

/** The base path of a public address: its path without the slash at its end. */
export const basePathOf = (publicUrl: string): BasePath => new URL(publicUrl).pathname.replace(/\/+$/, '');

/** For Fastify's `rewriteUrl`. A proxy may pass the base path on or remove it. */
export function withoutBasePath(
  basePath: BasePath,
): (request: { readonly url?: string | undefined }) => string {
  return ({ url = '/' }) => {
    if (basePath === '' || !url.startsWith(basePath)) return url;
    const rest = url.slice(basePath.length);
    if (rest === '' || rest.startsWith('?')) return `/${rest}`;
    return rest.startsWith('/') ? rest : url;
  };
}

/** An address of this site with the base path before it. Addresses of other sites are not changed. */
export const withBasePath = (basePath: BasePath, address: string): string =>
  address.startsWith('/') && !address.startsWith('//') ? `${basePath}${address}` : address;

/** HTML attributes whose value is an address. Templates escape quotes, so text on a page can't match. */
const ADDRESS_ATTRIBUTES = /( (?:href|action|formaction|src|data-copy)=")(\/(?!\/)[^"]*)/g;

/** The HTML of a page or of a part of one, with the base path before its addresses. */
export const htmlWithBasePath = (basePath: BasePath, html: string): string =>
  basePath === ''
    ? html
    : html.replace(
        ADDRESS_ATTRIBUTES,
        (_, before: string, address: string) => `${before}${basePath}${address}`,
      );

/**
 * Puts the base path before the addresses in redirects and before the paths of cookies. Register it after the cookies.
 */
export function registerBasePath(app: FastifyInstance, basePath: BasePath): void {
  if (basePath === '') return;
  // Without a slash at its end, because browsers also open the public address as it is, such as `/ops`.
  const pathBelow = (_: string, rest: string) => `; Path=${basePath}${rest && `/${rest}`}`;
  app.addHook('onSend', async (_request, reply) => {
    const location = reply.getHeader('location');
    if (typeof location === 'string') reply.header('location', withBasePath(basePath, location));
    const cookies = reply.getHeader('set-cookie');
    if (cookies === undefined) return;
    reply.removeHeader('set-cookie');
    for (const cookie of [cookies].flat())
      reply.header('set-cookie', String(cookie).replace(/; Path=\/([^;]*)/, pathBelow));
  });
}

/**
 * The name of a cookie. `__Host-` binds it to this host, which browsers accept only at the root and over TLS;
 * `__Secure-` only requires TLS.
 */
export function cookieName(name: string, { tls, basePath = '' }: CookieScope): string {
  if (!tls) return name;
  return `${basePath === '' ? '__Host-' : '__Secure-'}${name}`;
}

export interface CookieScope {
  readonly tls: boolean;
  readonly basePath?: BasePath;
}
