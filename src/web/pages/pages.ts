import { auditPage } from './audit-page.js';
import { backUpPage } from './back-up-page.js';
import { backupSetPage } from './backup-set-page.js';
import { backupSetsPage } from './backup-sets-page.js';
import { comparePage } from './compare-page.js';
import { connectionCheckPage } from './connection-check-page.js';
import { driftGeneratePage } from './drift-generate-page.js';
import { exportsPage } from './exports-page.js';
import { failuresPage } from './failures-page.js';
import { findingPage } from './finding-page.js';
import { groupsPage } from './groups-page.js';
import { healthPage } from './health-page.js';
import { inventorySyncPage } from './inventory-sync-page.js';
import { keptMapPage } from './kept-map-page.js';
import { mappingPage } from './mapping-page.js';
import { membersPage } from './members-page.js';
import { newSchedulePage } from './new-schedule-page.js';
import { notificationsPage } from './notifications-page.js';
import { operationsExportPage } from './operations-export-page.js';
import { operationsPage } from './operations-page.js';
import type { TenantPage } from './page.js';
import { policiesPage } from './policies-page.js';
import { policyComparePage } from './policy-compare-page.js';
import { policyPage, policySnapshotPage } from './policy-page.js';
import { restoreFromTenantPage } from './restore-from-tenant-page.js';
import { restorePlanPage, restorePreviewPage, restoresPage } from './restore-preview-page.js';
import { restoreResultPage } from './restore-result-page.js';
import { runBesidePage } from './run-beside-page.js';
import { runCausePage } from './run-cause-page.js';
import { runEventPage } from './run-event-page.js';
import { runHistoryPage } from './run-history-page.js';
import { runItemsPage } from './run-items-page.js';
import { runOverviewPage } from './run-overview-page.js';
import { schedulePage } from './schedule-page.js';
import { schedulesPage } from './schedules-page.js';
import { tokensPage } from './tokens-page.js';

/** Every page of a tenant, in the order of the rail. A new page is added here. */
export const PAGES: readonly TenantPage<unknown>[] = [
  operationsPage,
  operationsExportPage,
  runBesidePage,
  runOverviewPage,
  runItemsPage,
  runHistoryPage,
  runEventPage,
  runCausePage,
  comparePage,
  failuresPage,
  driftGeneratePage,
  findingPage,
  inventorySyncPage,
  groupsPage,
  backupSetsPage,
  backupSetPage,
  backUpPage,
  schedulesPage,
  newSchedulePage,
  schedulePage,
  exportsPage,
  policiesPage,
  policyPage,
  policySnapshotPage,
  policyComparePage,
  restoresPage,
  restoreFromTenantPage,
  restorePreviewPage,
  restoreResultPage,
  mappingPage,
  keptMapPage,
  restorePlanPage,
  auditPage,
  notificationsPage,
  membersPage,
  tokensPage,
  connectionCheckPage,
  healthPage,
];
