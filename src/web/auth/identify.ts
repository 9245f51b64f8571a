import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LIMITS } from '../limits.js';
import type { ApiClientsPort } from '../ports.js';
import type { SessionStore } from './session-store.js';

export const API_PREFIX = '/api/';

/** `__Host-` binds the cookie to this very host, which browsers accept over TLS only. */
export const sessionCookieName = (tls: boolean): string => (tls ? '__Host-opsledger' : 'opsledger_session');

export interface IdentifyOptions {
  readonly sessions: SessionStore;
  readonly apiClients: ApiClientsPort;
  readonly tls: boolean;
}

/**
 * Finds out who sends a request: pages know cookies, the API knows bearer tokens, and neither takes the other's,
 * so that no page of another site can use the API with somebody's cookie.
 */
export function registerIdentity(app: FastifyInstance, options: IdentifyOptions): void {
  const cookieName = sessionCookieName(options.tls);
  app.decorateRequest('identity');
  app.decorateRequest('tenantAccess', null);
  app.addHook('onRequest', async (request) => {
    request.identity = { kind: 'nobody' };
    if (request.routeOptions.config.access?.kind === 'public' && !request.url.startsWith('/sign')) return;
    if (request.url.startsWith(API_PREFIX)) {
      const token = bearerTokenOf(request);
      const client = token ? await options.apiClients.authenticate(token) : undefined;
      if (client) request.identity = { kind: 'client', client };
      return;
    }
    const cookieSecret = request.cookies[cookieName];
    const session = cookieSecret ? await options.sessions.find(cookieSecret) : undefined;
    if (cookieSecret && session) request.identity = { kind: 'person', session, cookieSecret };
  });
}

/** The bearer token that a request brings, good or not. */
export const bearerTokenOf = ({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined =>
  /^Bearer ([\w.~+/=-]{16,512})$/i.exec(headers.authorization ?? '')?.[1];

/** Hands the session's token to the browser, out of the reach of scripts and of other sites' requests. */
export function setSessionCookie(reply: FastifyReply, token: string, tls: boolean): void {
  reply.setCookie(sessionCookieName(tls), token, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: tls,
    maxAge: LIMITS.sessionLifetimeMs / 1000,
  });
}
