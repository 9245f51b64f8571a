import type { FastifyInstance } from 'fastify';

/**
 * A hub that stands under a path of its own, beside others on one host name. Routes, redirects and templates know
 * nothing of it: the path is taken off addresses that come in, and put before those that go out. `/ops`, or empty for
 * a hub at the root.
 */
export type BasePath = string;

/** The base path of a public address: its path without the slash at its end. */
export const basePathOf = (publicUrl: string): BasePath => new URL(publicUrl).pathname.replace(/\/+$/, '');

/** For Fastify's `rewriteUrl`: proxies may leave the base path where it is, or take it off themselves. */
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

/** An address of this site as browsers have to ask for it; any other is left as it is. */
export const withBasePath = (basePath: BasePath, address: string): string =>
  address.startsWith('/') && !address.startsWith('//') ? `${basePath}${address}` : address;

/** Attributes whose value is an address. Templates escape quotes, so that no text can look like one. */
const ADDRESS_ATTRIBUTES = /( (?:href|action|formaction|src|data-copy)=")(\/(?!\/)[^"]*)/g;

/** A page or a part of one, with the base path before its addresses. */
export const htmlWithBasePath = (basePath: BasePath, html: string): string =>
  basePath === ''
    ? html
    : html.replace(
        ADDRESS_ATTRIBUTES,
        (_, before: string, address: string) => `${before}${basePath}${address}`,
      );

/**
 * Puts the base path before the addresses in headers: where redirects lead, and where cookies hold. Register it after
 * the cookies.
 */
export function registerBasePath(app: FastifyInstance, basePath: BasePath): void {
  if (basePath === '') return;
  app.addHook('onSend', async (_request, reply) => {
    const location = reply.getHeader('location');
    if (typeof location === 'string') reply.header('location', withBasePath(basePath, location));
    const cookies = reply.getHeader('set-cookie');
    if (cookies === undefined) return;
    reply.removeHeader('set-cookie');
    for (const cookie of [cookies].flat())
      reply.header('set-cookie', String(cookie).replace(/; Path=\/([^;]*)/, `; Path=${basePath}/$1`));
  });
}

/**
 * The name of a cookie: `__Host-` binds it to this very host, which browsers accept at the root and over TLS only;
 * `__Secure-` promises TLS alone.
 */
export function cookieName(name: string, { tls, basePath = '' }: CookieScope): string {
  if (!tls) return name;
  return `${basePath === '' ? '__Host-' : '__Secure-'}${name}`;
}

export interface CookieScope {
  readonly tls: boolean;
  readonly basePath?: BasePath;
}
