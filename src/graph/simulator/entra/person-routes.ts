import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { nextAdminConsentStep } from './admin-consent.js';
import { readAuthorizationRequest } from './authorization-request.js';
import { entraPage } from './entra-pages.js';
import { nextSignInStep, type SignInParts, type Step, type Visit } from './sign-in-step.js';
import { signOutStep } from './sign-out.js';

const COOKIE = 'simulated_entra';

interface AudienceRequest {
  Params: { audience: string };
}

/** Registers the pages at which people sign in, consent and sign out. */
export function registerPersonRoutes(app: FastifyInstance, parts: SignInParts): void {
  const pages = (path: string, next: (audience: string, query: URLSearchParams, visit: Visit) => Step) =>
    app.route<AudienceRequest>({
      method: ['GET', 'POST'],
      url: `/:audience${path}`,
      handler: async (request, reply) => {
        const query = new URL(request.url, 'http://entra.invalid').searchParams;
        return send(reply, next(request.params.audience, query, visitOf(request)));
      },
    });
  pages('/oauth2/v2.0/authorize', (audience, query, visit) => {
    const read = readAuthorizationRequest(parts.directories, audience, query);
    return read.kind === 'request' ? nextSignInStep(parts, read.request, visit) : read;
  });
  const adminConsent = (audience: string, query: URLSearchParams, visit: Visit) =>
    nextAdminConsentStep(parts, audience, query, visit);
  pages('/adminconsent', adminConsent);
  pages('/v2.0/adminconsent', adminConsent);
  pages('/oauth2/v2.0/logout', (audience, query, visit) => signOutStep(parts, audience, query, visit));
}

function visitOf({ headers, body }: FastifyRequest): Visit {
  const sessionId = new RegExp(`(?:^|; )${COOKIE}=([\\w-]+)`).exec(headers.cookie ?? '')?.[1];
  return { sessionId, form: typeof body === 'string' ? new URLSearchParams(body) : null };
}

function send(reply: FastifyReply, step: Step): FastifyReply {
  void reply.header('cache-control', 'no-store');
  if (step.sessionId !== undefined)
    void reply.header('set-cookie', `${COOKIE}=${step.sessionId}; Path=/; HttpOnly; SameSite=Lax`);
  if (step.kind === 'back') return reply.redirect(step.to.href, 303);
  const isRefusal = step.kind === 'refused' || (step.kind === 'choose' && step.refusal !== null);
  return reply
    .code(isRefusal ? 400 : 200)
    .type('text/html; charset=utf-8')
    .send(entraPage(step));
}
