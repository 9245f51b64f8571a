import type { FastifyInstance } from 'fastify';
import { personOf, tenantAccessOf } from '../request-identity.js';
import { enter, PUBLIC, SIGNED_IN, tenantRoute } from '../route-access.js';
import type { WebRuntime } from '../web-runtime.js';
import { registerAllTenants } from './all-tenants-page.js';
import { firstPageOf } from './first-page.js';
import { registerMe } from './me-page.js';

/** The first page of a person, the choice of a tenant, and the health checks. */
export function registerAccountRoutes(app: FastifyInstance, runtime: WebRuntime): void {
  const { access } = runtime.deps.ports;

  app.get('/', { config: { access: SIGNED_IN } }, async (request, reply) => {
    const [only, ...others] = access.tenantsOf(personOf(request));
    if (!only || others.length > 0) return reply.redirect('/tenants', 303);
    return reply.redirect(firstPageOf(enter(request.identity, only, access)), 303);
  });

  registerAllTenants(app, runtime);
  registerMe(app, runtime);

  // Every role may use this address; it redirects to the first page that the role may see.
  app.get('/t/:tenant', { config: { access: tenantRoute('run.read') } }, async (request, reply) =>
    reply.redirect(firstPageOf(tenantAccessOf(request)), 303),
  );

  app.get('/healthz', OPEN, async (_request, reply) => {
    const states = Object.values(runtime.deps.ports.status().parts).map(({ state }) => state);
    const status = states.includes('down') ? 'down' : states.includes('degraded') ? 'degraded' : 'ok';
    return reply.status(status === 'down' ? 503 : 200).send({ status });
  });

  // Pages need only the database and say themselves when other parts are away.
  app.get('/readyz', OPEN, async (_request, reply) => {
    const isReady = runtime.deps.ports.status().parts.PostgreSQL?.state !== 'down';
    return reply.status(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready' });
  });
}

/** For programs that watch the process. They have no sign-in and ask more often than people. */
const OPEN = { config: { access: PUBLIC, rateLimit: false } } as const;
