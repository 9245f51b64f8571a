import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { registerApi } from './api/register-api.js';
import { loadAssets, registerAssets } from './assets.js';
import { refuseForeignForms } from './auth/csrf.js';
import { endClosedSessions } from './auth/end-closed-sessions.js';
import { registerIdentity } from './auth/identify.js';
import { createOidcClient } from './auth/oidc-client.js';
import { renewSessions } from './auth/renew-sessions.js';
import { createSessionStore } from './auth/session-store.js';
import { registerSignIn } from './auth/sign-in-routes.js';
import { sweepSessions } from './auth/sweep-sessions.js';
import { registerAvailability } from './availability.js';
import { registerBasePath, withoutBasePath } from './base-path.js';
import { registerCompression } from './compression.js';
import { watchConnections } from './end-connections.js';
import { answerBadAddress, registerErrorHandler } from './error-handler.js';
import { LIMITS } from './limits.js';
import { createHubChanges } from './live/hub-changes.js';
import { registerLive } from './live/live-route.js';
import { createLiveStreams } from './live/live-streams.js';
import { registerAccountRoutes } from './pages/account-routes.js';
import { PAGES } from './pages/pages.js';
import { registerTenantPage } from './pages/register-page.js';
import { limitByAddress, limitBySession } from './request-limits.js';
import { registerRouteAccess } from './route-access.js';
import { registerSecurityHeaders } from './security-headers.js';
import { registerTextGuard } from './text-guard.js';
import { answerUnreadable, refuseUnclearRequests } from './unreadable-request.js';
import { createRenderer, VIEWS } from './view/renderer.js';
import type { WebDependencies } from './web-dependencies.js';
import { createWebRuntime } from './web-runtime.js';

/**
 * Pages and API on one server, which doesn't listen yet. When it is ready it starts to listen for changes of the read
 * models, and before it closes it ends its live streams.
 */
export async function createWebServer(deps: WebDependencies): Promise<FastifyInstance> {
  const { clock, chance, logger, config } = deps;
  const loggerInstance: FastifyBaseLogger = logger;
  const app = fastify({
    loggerInstance,
    bodyLimit: LIMITS.bodyBytes,
    requestTimeout: LIMITS.requestTimeoutMs,
    // A missing name of the host is answered like any other mistake.
    http: { requireHostHeader: false },
    routerOptions: { maxParamLength: 200 },
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    rewriteUrl: withoutBasePath(config.basePath ?? ''),
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket, config),
    frameworkErrors: (error, request, reply) => answerBadAddress(runtime, error, request, reply),
    // Requests that arrive while it closes are refused with the usual form of an error.
    return503OnClosing: false,
    // The id is made here and never taken from the client, because events carry it as their correlation id.
    genReqId: () => chance.uuid(),
    // Addresses may carry a sign-in secret, so single requests are not logged.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'correlationId' }),
  });
  const changes = createHubChanges({ url: deps.notifyUrl, clock, chance, logger });
  const streams = createLiveStreams();
  const sessions = createSessionStore(deps.primary, clock, config.oidc?.renewalKey);
  const assets = loadAssets();
  const { basePath = '' } = config;
  const renderer = createRenderer({
    cache: true,
    views: deps.views ?? [VIEWS],
    assets: assets.urls,
    basePath,
  });
  const runtime = createWebRuntime({
    deps,
    pages: deps.pages ?? PAGES,
    renderer,
    assets,
    changes,
    sessions,
  });

  await limitByAddress(app, clock);
  refuseUnclearRequests(app, config);
  registerTextGuard(app);
  registerErrorHandler(app, runtime);
  registerSecurityHeaders(app, { tls: config.tls });
  registerRouteAccess(app, deps.ports.access);
  await registerCompression(app);
  await app.register(cookie);
  registerBasePath(app, basePath);
  await app.register(formbody, { bodyLimit: LIMITS.bodyBytes });
  registerAvailability(app, deps.ports);
  registerIdentity(app, { sessions, apiClients: deps.ports.apiClients, cookies: config });
  limitBySession(app);
  refuseForeignForms(app, config.publicOrigin);

  registerAssets(app, assets);
  const oidcClient = config.oidc && createOidcClient(config.oidc, clock);
  registerSignIn(app, { runtime, sessions, streams, oidcClient });
  registerAccountRoutes(app, runtime);
  for (const page of runtime.pages) registerTenantPage(app, runtime, page);
  registerLive(app, runtime, streams);
  registerApi(app, runtime);

  const closing = new AbortController();
  let background: readonly Promise<void>[] = [];
  app.addHook('onReady', async () => {
    await changes.start();
    const { signal } = closing;
    background = [
      sweepSessions(sessions, { clock, logger, signal }),
      endClosedSessions({ sessions, streams, clock, logger, signal }),
      ...(oidcClient
        ? [renewSessions({ sessions, client: oidcClient, streams, clock, logger, signal })]
        : []),
    ];
  });
  const connections = watchConnections(app.server, clock);
  // Open streams and connections would keep the server from closing.
  app.addHook('preClose', async () => {
    streams.endAll();
    connections.begin(LIMITS.closeWithinMs);
  });
  app.addHook('onClose', async () => {
    connections.done();
    closing.abort();
    await Promise.all([changes.stop(), ...background]);
  });
  return app;
}
