import type { FastifyInstance } from 'fastify';
import type { WebRuntime } from '../web-runtime.js';
import { registerAccountRoutes } from './account-routes.js';
import { driftGeneratePage } from './drift-generate-page.js';
import { failuresPage } from './failures-page.js';
import { findingPage } from './finding-page.js';
import { healthPage } from './health-page.js';
import { inventorySyncPage } from './inventory-sync-page.js';
import { membersPage } from './members-page.js';
import { registerMembersRoutes } from './members-routes.js';
import { notificationsPage } from './notifications-page.js';
import { operationsPage } from './operations-page.js';
import { runHistoryPage } from './run-history-page.js';
import { runItemsPage } from './run-items-page.js';
import { runOverviewPage } from './run-overview-page.js';
import { registerSettings } from './settings-page.js';
import { registerTenantPage } from './tenant-page.js';
import { tokensPage } from './tokens-page.js';
import { registerTokensRoutes } from './tokens-routes.js';
import { registerWriteRoutes } from './write-routes.js';

/** Every page of the product; adding one is a line here. */
export function registerPages(app: FastifyInstance, runtime: WebRuntime): void {
  registerAccountRoutes(app, runtime);
  registerTenantPage(app, runtime, operationsPage);
  registerTenantPage(app, runtime, runOverviewPage);
  registerTenantPage(app, runtime, runItemsPage);
  registerTenantPage(app, runtime, runHistoryPage);
  registerTenantPage(app, runtime, failuresPage);
  registerTenantPage(app, runtime, inventorySyncPage);
  registerTenantPage(app, runtime, driftGeneratePage);
  registerTenantPage(app, runtime, findingPage);
  registerTenantPage(app, runtime, notificationsPage);
  registerTenantPage(app, runtime, membersPage(runtime));
  registerMembersRoutes(app, runtime);
  registerTenantPage(app, runtime, tokensPage(runtime));
  registerTokensRoutes(app, runtime);
  registerTenantPage(app, runtime, healthPage(runtime));
  registerSettings(app, runtime);
  registerWriteRoutes(app, runtime);
}
