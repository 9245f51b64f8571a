import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { cookieName } from '../base-path.js';
import { LIMITS } from '../limits.js';
import { renderStandAlone } from '../pages/stand-alone-page.js';
import { refuseHead } from '../refuse-head.js';
import { PUBLIC } from '../route-access.js';
import type { WebRuntime } from '../web-runtime.js';
import { keepDelegatedToken, registerGroupConsent, searchAfterConsent } from './group-consent.js';
import type { OidcClient, SignedIn } from './oidc-client.js';
import { consentErrorOf, notBegunHere, OidcFailure, webErrorOf } from './oidc-failure.js';
import {
  beginFlow,
  createFlowSigner,
  FINISHED_LIFETIME_MS,
  FLOW_LIFETIME_MS,
  type OidcFlow,
} from './oidc-flow.js';
import { OIDC_CALLBACK_PATH, type OidcSettings } from './oidc-settings.js';
import { safeRedirect } from './safe-redirect.js';
import type { SessionStore } from './session-store.js';

/** How many characters of a sign-in's state are in the name of its cookie: enough to tell sign-ins apart. */
const STATE_CHARACTERS = 16;
/** How many sign-ins one browser may have begun at the same time. */
const FLOWS_MAX = 5;

export interface OidcRoutesOptions {
  readonly runtime: WebRuntime;
  readonly settings: OidcSettings;
  readonly client: OidcClient;
  readonly sessions: Pick<SessionStore, 'keepGraphToken'>;
  /** Replaces the browser's session, if it has one, by a new session and redirects to a path of this site. */
  enter(
    request: FastifyRequest,
    reply: FastifyReply,
    entry: { readonly personId: string; readonly to: string; readonly refreshToken?: string },
  ): Promise<FastifyReply>;
}

/** The routes that send people to the provider and take its answer. */
export function registerOidcRoutes(app: FastifyInstance, options: OidcRoutesOptions): void {
  const { runtime, settings, client, sessions, enter } = options;
  const { clock, config, ports } = runtime.deps;
  const signer = createFlowSigner(settings.flowKey);
  const flowCookies = cookieName('opsledger_oidc_', config);
  // Each sign-in has a cookie of its own, because several tabs may be at the provider at the same time.
  const flowCookieOf = (state: unknown): string =>
    `${flowCookies}${String(state)
      .replace(/[^\w-]/g, '')
      .slice(0, STATE_CHARACTERS)}`;
  // Browsers may send one request twice at once, but the provider accepts a code only once.
  const finishing = new Map<string, Promise<SignedIn>>();
  // Lax, because the provider's answer is a navigation from another site.
  const cookie = { path: '/', httpOnly: true, sameSite: 'lax', secure: config.tls } as const;
  const limited = {
    access: PUBLIC,
    rateLimit: { max: LIMITS.signInsPerAddressPerMinute, timeWindow: 60_000 },
  };

  for (const path of ['/signin/oidc', OIDC_CALLBACK_PATH]) refuseHead(app, path, limited);

  const toProvider = async (request: FastifyRequest, reply: FastifyReply, flow: OidcFlow) => {
    const to = await explained(request, () => client.authorizationUrl(flow));
    const others = Object.keys(request.cookies).filter((name) => name.startsWith(flowCookies));
    // Browsers send the oldest cookie first (RFC 6265, 5.4).
    for (const name of others.slice(0, -(FLOWS_MAX - 1))) reply.clearCookie(name, cookie);
    const signed = signer.sign(flow);
    reply.setCookie(flowCookieOf(flow.state), signed, { ...cookie, maxAge: FLOW_LIFETIME_MS / 1000 });
    return reply.redirect(to.href, 303);
  };

  app.get('/signin/oidc', { config: limited, exposeHeadRoute: false }, async (request, reply) => {
    const next = safeRedirect((request.query as { next?: unknown }).next);
    return toProvider(request, reply, beginFlow(next, clock.now()));
  });

  registerGroupConsent(app, runtime, toProvider);

  app.get(OIDC_CALLBACK_PATH, { config: limited, exposeHeadRoute: false }, async (request, reply) => {
    const flowCookie = flowCookieOf((request.query as { state?: unknown }).state);
    const flow = signer.verify(request.cookies[flowCookie], clock.now());
    // Entra sends administrators to the app's first address after they consented to it, without a sign-in.
    if (!flow && 'admin_consent' in (request.query as object))
      return reply.type('text/html; charset=utf-8').send(
        renderStandAlone(runtime, {
          template: 'pages/admin-consent',
          title: 'Consent was given',
          view: {},
        }),
      );
    // Somebody who returns to this address by Back or F5 is signed in already.
    if (!flow && request.identity.kind === 'person') {
      const finished = signer.verifyFinished(request.cookies[flowCookie], clock.now());
      return reply.redirect(finished?.ledTo ?? '/', 303);
    }
    if (!flow) throw notBegunHere();
    const answer = new URL(`${settings.basePath ?? ''}${request.url}`, settings.publicOrigin);
    const finish = async () => {
      try {
        return await client.finish(answer, flow);
      } finally {
        finishing.delete(answer.href);
      }
    };
    const finished = finishing.get(answer.href) ?? finish();
    finishing.set(answer.href, finished);
    const signedIn = await explained(request, () => finished.catch(nullIfFinished), flow);
    const endFlow = (ledTo: string) =>
      reply.setCookie(flowCookie, signer.sign({ ledTo, endedAt: clock.now() }), {
        ...cookie,
        maxAge: FINISHED_LIFETIME_MS / 1000,
      });
    endFlow(flow.next);
    // Whoever finished it in this browser has a session by now; anybody else is led to sign-in by the page.
    if (signedIn === null) return reply.redirect(flow.next, 303);
    const { claims, idToken, refreshToken, delegated } = signedIn;
    if (flow.consent) {
      await keepDelegatedToken(request, { runtime, sessions }, { claims, delegated, consent: flow.consent });
      const { group } = flow.consent;
      if (group === '') return reply.redirect(flow.next, 303);
      const search = searchAfterConsent(runtime, request, { next: flow.next, group });
      return reply.type('text/html; charset=utf-8').send(search);
    }
    const personId = await ports.persons.recordSignIn(claims);
    keepIdToken(reply, idToken, config.tls);
    const hasRole = ports.access.tenantsOf(personId).length > 0;
    const to = hasRole ? flow.next : '/tenants';
    endFlow(to);
    return enter(request, reply, { personId, to, ...(refreshToken ? { refreshToken } : {}) });
  });
}

/** Null for the failure of a code that was redeemed before, such as by a reload or by another web process. */
function nullIfFinished(error: unknown): null {
  if (error instanceof OidcFailure && error.kind === 'invalid' && error.code === 'invalid_grant') return null;
  throw error;
}

/**
 * Turns a failure into the error for the person. Only its code is logged, because the causes contain tokens and
 * answers.
 */
async function explained<Result>(
  request: FastifyRequest,
  ask: () => Promise<Result>,
  flow?: OidcFlow,
): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof OidcFailure)) throw error;
    request.log.warn({ kind: error.kind, code: error.code }, 'a sign-in with the provider failed');
    throw flow?.consent ? consentErrorOf(error) : webErrorOf(error);
  }
}

const idTokenCookieName = (tls: boolean): string => (tls ? '__Secure-opsledger_idt' : 'opsledger_idt');
/**
 * With a longer token the sign-out address could exceed 2,083 characters, beyond which some browsers and proxies refuse
 * an address. Without a token the provider may ask which account to sign out.
 */
const ID_TOKEN_CHARACTERS_MAX = 1_500;
const SIGN_OUT_PATH = '/signout';

/** The provider takes the ID token as a hint at sign-out, so the browser keeps it in a cookie for the sign-out address alone. */
function keepIdToken(reply: FastifyReply, idToken: string, tls: boolean): void {
  if (idToken.length > ID_TOKEN_CHARACTERS_MAX) return;
  reply.setCookie(idTokenCookieName(tls), idToken, {
    path: SIGN_OUT_PATH,
    httpOnly: true,
    sameSite: 'strict',
    secure: tls,
    maxAge: LIMITS.sessionLifetimeMs / 1000,
  });
}

/**
 * The page after signing out here, which leads on to the provider's own sign-out. A redirect is not possible, because
 * `form-action` allows the answer to a form to lead to this site only.
 */
export async function signedOutPage(
  request: FastifyRequest,
  reply: FastifyReply,
  { runtime, client }: Pick<OidcRoutesOptions, 'runtime' | 'client'>,
): Promise<FastifyReply> {
  const { tls } = runtime.deps.config;
  const idToken = request.cookies[idTokenCookieName(tls)];
  reply.clearCookie(idTokenCookieName(tls), { path: SIGN_OUT_PATH, secure: tls });
  const providerUrl = await client.endSessionUrl(idToken).catch((error: unknown) => {
    if (!(error instanceof OidcFailure)) throw error;
    // The session here has ended; the page says that the provider's session may go on.
    request.log.warn({ kind: error.kind, code: error.code }, 'the provider’s session could not be ended');
    return null;
  });
  const html = renderStandAlone(runtime, {
    template: 'pages/signed-out',
    title: 'Signed out',
    view: { providerUrl: providerUrl?.href, remaining: remainingSignIn(providerUrl === null) },
    ...(providerUrl ? { refresh: `0; url=${providerUrl.href}` } : {}),
  });
  return reply.type('text/html; charset=utf-8').send(html);
}

/** What the page says when it can't lead to the provider's own sign-out. */
const remainingSignIn = (providerAway: boolean): string =>
  providerAway
    ? 'The sign-in provider can’t be reached, so you may still be signed in there.'
    : 'You may still be signed in at the sign-in provider.';
