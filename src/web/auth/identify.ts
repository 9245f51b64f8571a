import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type CookieScope, cookieName } from '../base-path.js';
import { LIMITS } from '../limits.js';
import type { ApiClientsPort } from '../ports/actors.js';
import type { SessionStore } from './session-store.js';

export const API_PREFIX = '/api/';

export const sessionCookieName = (scope: CookieScope): string =>
  scope.tls ? cookieName('opsledger', scope) : 'opsledger_session';

export interface IdentifyOptions {
  readonly sessions: SessionStore;
  readonly apiClients: ApiClientsPort;
  readonly cookies: CookieScope;
}

/**
 * Finds out who sends a request: pages know cookies, the API knows bearer tokens, and neither takes the other's,
 * so that no page of another site can use the API with somebody's cookie.
 */
export function registerIdentity(app: FastifyInstance, options: IdentifyOptions): void {
  const sessionCookie = sessionCookieName(options.cookies);
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
    const cookieSecret = request.cookies[sessionCookie];
    const session = cookieSecret ? await options.sessions.find(cookieSecret) : undefined;
    if (cookieSecret && session) request.identity = { kind: 'person', session, cookieSecret };
  });
}

/** The bearer token that a request brings, good or not. */
export const bearerTokenOf = ({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined =>
  /^Bearer ([\w.~+/=-]{16,512})$/i.exec(headers.authorization ?? '')?.[1];

/** Hands the session's token to the browser, out of the reach of scripts and of other sites' requests. */
export function setSessionCookie(reply: FastifyReply, token: string, scope: CookieScope): void {
  reply.setCookie(sessionCookieName(scope), token, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: scope.tls,
    maxAge: LIMITS.sessionLifetimeMs / 1000,
  });
}
