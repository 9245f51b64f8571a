import type { FastifyInstance } from 'fastify';
import type { WebRuntime } from '../web-runtime.js';
import { registerAccountRoutes } from './account-routes.js';
import { driftPage, findingPage } from './drift-pages.js';
import { failuresPage } from './failures-page.js';
import { inventoryPage } from './inventory-page.js';
import { membersPage } from './members-page.js';
import { registerMembersRoutes } from './members-routes.js';
import { operationsPage } from './operations-page.js';
import { healthPage, notificationsPage } from './record-pages.js';
import { runHistoryPage, runItemsPage, runOverviewPage } from './run-pages.js';
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
  registerTenantPage(app, runtime, inventoryPage);
  registerTenantPage(app, runtime, driftPage);
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
