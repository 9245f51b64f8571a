import type { FastifyInstance } from 'fastify';
import { csrfTokenOf } from '../auth/csrf.js';
import { personOf, type TenantAccess, tenantAccessOf } from '../request-identity.js';
import { enter, PUBLIC, SIGNED_IN, tenantRoute } from '../route-access.js';
import type { WebRuntime } from '../web-runtime.js';

/** The way in: the first page of a person, the choice of a tenant, and the answer for health checks. */
export function registerAccountRoutes(app: FastifyInstance, runtime: WebRuntime): void {
  const { access } = runtime.deps.ports;

  app.get('/', { config: { access: SIGNED_IN } }, async (request, reply) => {
    const [only, ...others] = access.tenantsOf(personOf(request));
    if (!only || others.length > 0) return reply.redirect('/tenants', 303);
    return reply.redirect(firstPageOf(enter(request.identity, only, access)), 303);
  });

  app.get('/tenants', { config: { access: SIGNED_IN } }, async (request, reply) => {
    const personId = personOf(request);
    const names = await runtime.names([personId]);
    const html = runtime.renderer.render('pages/tenants', {
      asset: (name: string) => runtime.assets.url(name),
      title: 'Tenants',
      person: names.get(personId) ?? '',
      personId,
      csrf: request.identity.kind === 'person' ? csrfTokenOf(request.identity.cookieSecret) : '',
      tenants: access.tenantsOf(personId).map((tenant) => ({
        ...tenant,
        href: firstPageOf(enter(request.identity, tenant, access)),
      })),
    });
    return reply.type('text/html; charset=utf-8').send(html);
  });

  // Any part in the tenant is enough to be led to the first page that one may see.
  app.get('/t/:tenant', { config: { access: tenantRoute('run.read') } }, async (request, reply) =>
    reply.redirect(firstPageOf(tenantAccessOf(request)), 303),
  );

  app.get('/healthz', OPEN, async (_request, reply) => {
    const states = Object.values(runtime.deps.ports.status().parts).map(({ state }) => state);
    const status = states.includes('down') ? 'down' : states.includes('degraded') ? 'degraded' : 'ok';
    return reply.status(status === 'down' ? 503 : 200).send({ status });
  });

  // Pages need nothing but the database; that other parts are away they say themselves.
  app.get('/readyz', OPEN, async (_request, reply) => {
    const isReady = runtime.deps.ports.status().parts.PostgreSQL?.state !== 'down';
    return reply.status(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready' });
  });
}

/** For whoever watches over the process: without a sign-in, and asked more often than people ask. */
const OPEN = { config: { access: PUBLIC, rateLimit: false } } as const;

function firstPageOf(entered: TenantAccess): string {
  return `/t/${entered.tenant.slug}/${entered.allows('hub.read') ? 'operations' : 'failures'}`;
}
