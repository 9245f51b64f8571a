import { createRowSet } from '../engine/row-set.js';
import { loadWanted, type ProjectionTransaction, writeChanges } from '../engine/row-store.js';
import { failureGroupsTable, failuresTable } from './models/failures.js';
import { findingDetectionsTable, findingsTable } from './models/findings.js';
import { inventoriesTable, inventoryPoliciesTable, inventoryTalliesTable } from './models/inventories.js';
import { knownIdsTable } from './models/known-ids.js';
import { type AllReadMark, notificationsTable, writeAllRead } from './models/notifications.js';
import { runAsksTable } from './models/run-asks.js';
import { runCountersTable } from './models/run-counters.js';
import { runEventsTable } from './models/run-events.js';
import { runItemsTable } from './models/run-items.js';
import { runLinksTable } from './models/run-links.js';
import { runsTable } from './models/runs.js';
import { grantsTable, memberSettingsTable, membersTable, tenantsTable } from './models/tenancy.js';

/** Everything of the hub's models that one batch looks at or changes. */
export function createHubRows() {
  return {
    tenants: createRowSet(tenantsTable),
    members: createRowSet(membersTable),
    grants: createRowSet(grantsTable),
    member_settings: createRowSet(memberSettingsTable),
    runs: createRowSet(runsTable),
    run_events: createRowSet(runEventsTable),
    run_items: createRowSet(runItemsTable),
    run_links: createRowSet(runLinksTable),
    run_asks: createRowSet(runAsksTable),
    run_counters: createRowSet(runCountersTable),
    failures: createRowSet(failuresTable),
    failure_groups: createRowSet(failureGroupsTable),
    notifications: createRowSet(notificationsTable),
    findings: createRowSet(findingsTable),
    finding_detections: createRowSet(findingDetectionsTable),
    inventories: createRowSet(inventoriesTable),
    inventory_tallies: createRowSet(inventoryTalliesTable),
    inventory_policies: createRowSet(inventoryPoliciesTable),
    known_ids: createRowSet(knownIdsTable),
    allRead: [] as AllReadMark[],
  };
}

export type HubRows = ReturnType<typeof createHubRows>;

/** Loads the rows that the fold asked to see. */
export async function loadHubRows(tx: ProjectionTransaction, rows: HubRows): Promise<void> {
  await loadWanted(tx, rows.tenants);
  await loadWanted(tx, rows.members);
  await loadWanted(tx, rows.grants);
  await loadWanted(tx, rows.runs);
  await loadWanted(tx, rows.run_items);
  await loadWanted(tx, rows.notifications);
  await loadWanted(tx, rows.findings);
  await loadWanted(tx, rows.finding_detections);
  await loadWanted(tx, rows.inventory_tallies);
  await loadWanted(tx, rows.inventory_policies);
}

/** Writes what the fold changed: one upsert, and at most one delete, for each table. */
export async function writeHubRows(tx: ProjectionTransaction, rows: HubRows): Promise<void> {
  await writeChanges(tx, rows.tenants);
  await writeChanges(tx, rows.members);
  await writeChanges(tx, rows.grants);
  await writeChanges(tx, rows.member_settings);
  await writeChanges(tx, rows.runs);
  await writeChanges(tx, rows.run_events);
  await writeChanges(tx, rows.run_items);
  await writeChanges(tx, rows.run_links);
  await writeChanges(tx, rows.run_asks);
  await writeChanges(tx, rows.run_counters);
  await writeChanges(tx, rows.failures);
  await writeChanges(tx, rows.failure_groups);
  await writeAllRead(tx, rows.allRead);
  await writeChanges(tx, rows.notifications);
  await writeChanges(tx, rows.findings);
  await writeChanges(tx, rows.finding_detections);
  await writeChanges(tx, rows.inventories);
  await writeChanges(tx, rows.inventory_tallies);
  await writeChanges(tx, rows.inventory_policies);
  await writeChanges(tx, rows.known_ids);
}
