import type { FastifyInstance } from 'fastify';
import type { WebRuntime } from '../web-runtime.js';
import { registerApiRoutes } from './api-route.js';
import { auditRead } from './audit-read.js';
import { commandRoutes } from './command-routes.js';
import { exportDownload } from './export-download.js';
import { keptReads } from './kept-reads.js';
import { openApiDocument } from './openapi.js';
import { producerRoutes } from './producer-routes.js';
import { runReads } from './run-reads.js';
import { startRoute } from './start-route.js';
import { tenantRoutes } from './tenant-routes.js';

/** The API for programs and the CLI: JSON, bearer tokens, the same rules and filters as the pages. */
export function registerApi(app: FastifyInstance, runtime: WebRuntime): void {
  const routes = [
    ...tenantRoutes(runtime),
    startRoute(runtime),
    ...runReads(runtime),
    ...keptReads(runtime),
    exportDownload(runtime),
    auditRead(runtime),
    ...commandRoutes(runtime),
    ...producerRoutes(runtime),
  ];
  registerApiRoutes(app, routes, openApiDocument(routes));
}
