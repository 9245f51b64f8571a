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
export async function loadHubRows(
  tx: ProjectionTransaction,
  { allRead: _, ...sets }: HubRows,
): Promise<void> {
  await loadWanted(tx, Object.values(sets));
}

/** Writes what the fold changed. */
export async function writeHubRows(tx: ProjectionTransaction, { allRead, ...sets }: HubRows): Promise<void> {
  await writeAllRead(tx, allRead);
  await writeChanges(tx, Object.values(sets));
}
