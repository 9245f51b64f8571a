import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { groupBy } from '../../group-by.js';
import { cookieName } from '../base-path.js';
import { LIMITS } from '../limits.js';
import type { LiveStreams } from '../live/live-streams.js';
import { renderStandAlone } from '../pages/stand-alone-page.js';
import type { DevelopmentPerson, DevelopmentSignIn } from '../ports/persons.js';
import { PUBLIC, SIGNED_IN } from '../route-access.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { CSRF_FIELD, checkCsrfToken, csrfTokenOf } from './csrf.js';
import { sessionCookieName, setSessionCookie } from './identify.js';
import type { OidcClient } from './oidc-client.js';
import { registerOidcRoutes, signedOutPage } from './oidc-routes.js';
import type { OidcSettings } from './oidc-settings.js';
import { safeRedirect } from './safe-redirect.js';
import { newSecret, sameSecret } from './secrets.js';
import type { SessionStore } from './session-store.js';

/** Holds the secret of the sign-in form for somebody without a session. */
const PRE_SESSION = 'opsledger_signin';
const PRE_SESSION_SECONDS = 3600;
const FORWARDING_HEADERS = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];
const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

const next = z.string().max(2000).optional();
const formSchema = z.object({ person: z.guid(), next, [CSRF_FIELD]: z.string() });
const linkSchema = z.object({ person: z.guid(), token: z.string().max(200), next });

export interface SignInOptions {
  readonly runtime: WebRuntime;
  readonly sessions: SessionStore;
  readonly streams: LiveStreams;
  /** The sign-in provider, when one is configured. */
  readonly oidcClient: OidcClient | undefined;
}

/**
 * Sign-in and sign-out, with the OpenID Connect provider when one is configured. The development sign-in lists the
 * demo's persons. It answers only to a loopback name, so that a foreign site whose name resolves to this machine can't
 * use it.
 */
export function registerSignIn(app: FastifyInstance, options: SignInOptions): void {
  const { runtime, sessions, streams, oidcClient } = options;
  const { config } = runtime.deps;
  const preSessionCookie = cookieName(PRE_SESSION, config);
  const limited = { rateLimit: { max: LIMITS.signInsPerAddressPerMinute, timeWindow: 60_000 } };

  const provider = config.oidc &&
    oidcClient && { runtime, settings: config.oidc, client: oidcClient, sessions, enter };
  if (provider) registerOidcRoutes(app, provider);

  /** Opens a new session and ends the old one, so that a secret from before the sign-in is of no use. */
  async function enter(
    request: FastifyRequest,
    reply: FastifyReply,
    {
      personId,
      to,
      refreshToken,
    }: { readonly personId: string; readonly to: unknown; readonly refreshToken?: string },
  ) {
    await closeSession(request);
    setSessionCookie(reply, await sessions.open(personId, refreshToken), config);
    reply.clearCookie(preSessionCookie, { path: '/', secure: config.tls });
    return reply.redirect(safeRedirect(to), 303);
  }

  async function enterAs(request: FastifyRequest, reply: FastifyReply, personId: string, to: unknown) {
    const development = developmentOf(request);
    const persons = await development.persons();
    if (!persons.some((person) => person.personId === personId)) {
      throw new WebError('bad_request', 'There is no such person to sign in as.');
    }
    return enter(request, reply, { personId, to });
  }

  async function closeSession(request: FastifyRequest) {
    if (request.identity.kind !== 'person') return;
    await sessions.close(request.identity.cookieSecret);
    streams.endSession(request.identity.session.sessionHash);
  }

  function developmentOf(request: FastifyRequest): DevelopmentSignIn {
    const development = config.developmentSignIn;
    if (!development) throw new WebError('not_found', 'There is no development sign-in here.');
    // A proxy on this machine may use a loopback name. The headers that it adds show that it is a proxy.
    const proxied = FORWARDING_HEADERS.some((name) => request.headers[name] !== undefined);
    if (proxied || !LOOPBACK_HOST.test(request.headers.host ?? '')) {
      throw new WebError('forbidden', 'The development sign-in works on this machine only.');
    }
    return development;
  }

  app.get('/signin', { config: { access: PUBLIC } }, async (request, reply) => {
    const to = safeRedirect((request.query as { next?: unknown }).next);
    const development = config.developmentSignIn ? developmentOf(request) : undefined;
    const secret = newSecret();
    reply.setCookie(preSessionCookie, secret, {
      path: '/',
      httpOnly: true,
      sameSite: 'strict',
      secure: config.tls,
      maxAge: PRE_SESSION_SECONDS,
    });
    const persons = development ? await development.persons() : [];
    const html = renderStandAlone(runtime, {
      template: 'pages/sign-in',
      title: 'Sign in',
      csrf: csrfTokenOf(secret),
      view: { provider: config.oidc && providerOf(config.oidc, to), tenants: byTenant(persons, to) },
    });
    return reply.type('text/html; charset=utf-8').send(html);
  });

  app.post('/signin/dev', { config: { access: PUBLIC, ...limited } }, async (request, reply) => {
    checkCsrfToken(request, request.cookies[preSessionCookie]);
    const form = formSchema.safeParse(request.body);
    if (!form.success) throw new WebError('bad_request', 'Choose one of the persons on the list.');
    return enterAs(request, reply, form.data.person, form.data.next);
  });

  // The link that start-up prints. A foreign site can't forge it, because it contains a secret.
  app.get('/signin/dev', { config: { access: PUBLIC, ...limited } }, async (request, reply) => {
    const development = developmentOf(request);
    const link = linkSchema.safeParse(request.query);
    if (!link.success || !sameSecret(link.data.token, development.secret)) {
      throw new WebError(
        'forbidden',
        'This sign-in link is not valid any more; take a new one from the start-up output.',
      );
    }
    return enterAs(request, reply, link.data.person, link.data.next);
  });

  app.post('/signout', { config: { access: SIGNED_IN } }, async (request, reply) => {
    await closeSession(request);
    reply.clearCookie(sessionCookieName(config), { path: '/', secure: config.tls });
    if (provider) return signedOutPage(request, reply, provider);
    return reply.redirect('/signin', 303);
  });
}

/** The provider's name for people, and the address that begins a sign-in there. */
const providerOf = ({ issuer }: OidcSettings, to: string) => ({
  name: new URL(issuer).host,
  href: `/signin/oidc?next=${encodeURIComponent(to)}`,
});

/**
 * The persons of the development sign-in by tenant. A person who came without a page to go to is led to that tenant.
 */
const byTenant = (persons: readonly DevelopmentPerson[], to: string) =>
  [...groupBy(persons, ({ tenantName }) => tenantName)].map(([name, group]) => ({
    name,
    persons: group.map((person) => ({ ...person, next: to === '/' ? `/t/${person.tenantSlug}` : to })),
  }));
