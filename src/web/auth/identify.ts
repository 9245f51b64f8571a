import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type CookieScope, cookieName } from '../base-path.js';
import { LIMITS } from '../limits.js';
import type { ApiClientsPort } from '../ports/actors.js';
import type { SessionStore } from './session-store.js';

export const API_PREFIX = '/api/';

/** The name of the session's cookie; with TLS it has the prefix that binds it to the host. */
export const sessionCookieName = (scope: CookieScope): string =>
  scope.tls ? cookieName('opsledger', scope) : 'opsledger_session';

export interface IdentifyOptions {
  readonly sessions: SessionStore;
  readonly apiClients: ApiClientsPort;
  readonly cookies: CookieScope;
}

/**
 * Finds out who sends a request. Pages accept only cookies and the API accepts only bearer tokens, so that a page of
 * another site can't use the API with somebody's cookie.
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

/** The bearer token of a request, valid or not. */
export const bearerTokenOf = ({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined =>
  /^Bearer ([\w.~+/=-]{16,512})$/i.exec(headers.authorization ?? '')?.[1];

/** Sets the session's cookie. Scripts can't read it, and requests from other sites don't carry it. */
export function setSessionCookie(reply: FastifyReply, token: string, scope: CookieScope): void {
  reply.setCookie(sessionCookieName(scope), token, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: scope.tls,
    maxAge: LIMITS.sessionLifetimeMs / 1000,
  });
}
