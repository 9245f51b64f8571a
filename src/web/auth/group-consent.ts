import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LIMITS } from '../limits.js';
import { groupSearchDenied } from '../pages/group-search.js';
import { renderStandAlone } from '../pages/stand-alone-page.js';
import { refuseHead } from '../refuse-head.js';
import { personIdentityOf, tenantAccessOf } from '../request-identity.js';
import { tenantRoute } from '../route-access.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import { csrfTokenOf } from './csrf.js';
import type { PersonClaims } from './oidc-claims.js';
import type { DelegatedToken } from './oidc-client.js';
import { beginFlow, type OidcConsent, type OidcFlow } from './oidc-flow.js';
import type { SessionStore } from './session-store.js';

/** Registers the address that leads an owner to Entra, to get a token for searching groups in their own name. */
export function registerGroupConsent(
  app: FastifyInstance,
  runtime: WebRuntime,
  toProvider: (request: FastifyRequest, reply: FastifyReply, flow: OidcFlow) => Promise<FastifyReply>,
): void {
  const path = '/t/:tenant/members/consent';
  const config = {
    access: tenantRoute('members.manage'),
    rateLimit: { max: LIMITS.signInsPerAddressPerMinute, timeWindow: 60_000 },
  };
  refuseHead(app, path, config);
  app.get(path, { config, exposeHeadRoute: false }, async (request, reply) => {
    const access = tenantAccessOf(request);
    const { session } = personIdentityOf(request);
    const denied = await groupSearchDenied(runtime, access, session.personId);
    if (denied !== null) throw new WebError('forbidden', denied);
    const { tenantId, slug } = access.tenant;
    const name = (request.query as { name?: unknown }).name;
    const consent = {
      sessionHash: session.sessionHash,
      scopes: runtime.deps.ports.groupSearch.scopes(tenantId),
      group: typeof name === 'string' ? name.slice(0, 100) : '',
    };
    const flow = beginFlow(`/t/${slug}/members`, runtime.deps.clock.now(), consent);
    return toProvider(request, reply, flow);
  });
}

/**
 * Stores the token of a consent in the session that asked for it. Errors: WebError when another session or another
 * account came back; the token is then dropped.
 */
export async function keepDelegatedToken(
  { identity }: FastifyRequest,
  {
    runtime,
    sessions,
  }: { readonly runtime: WebRuntime; readonly sessions: Pick<SessionStore, 'keepGraphToken'> },
  answer: {
    readonly claims: PersonClaims;
    readonly delegated: DelegatedToken | undefined;
    readonly consent: OidcConsent;
  },
): Promise<void> {
  const { claims, consent, delegated } = answer;
  if (identity.kind !== 'person' || identity.session.sessionHash !== consent.sessionHash || !delegated)
    throw new WebError(
      'bad_request',
      'Your session has changed since you went to Entra. Open the members page and search again.',
    );
  if ((await runtime.deps.ports.persons.personOf(claims)) !== identity.session.personId)
    throw new WebError(
      'forbidden',
      'You chose another account at Entra than the one you are signed in with. Search again, and choose the same one.',
    );
  await sessions.keepGraphToken(consent.sessionHash, delegated.token, delegated.lifeMs);
}

/**
 * The page after a consent, whose form is the search that the person wanted; its script sends it. Only the answer to a
 * consent shows this page, so no link can make somebody search.
 */
export const searchAfterConsent = (
  runtime: WebRuntime,
  request: FastifyRequest,
  { next, group }: { readonly next: string; readonly group: string },
): string =>
  renderStandAlone(runtime, {
    template: 'pages/search-after-consent',
    title: 'Groups in Entra',
    csrf: csrfTokenOf(personIdentityOf(request).cookieSecret),
    view: { members: next, group },
  });
