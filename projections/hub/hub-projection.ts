import type { LedgerEvent } from '../../src/events.js';
import type { RecordedEvent } from '../../src/ledger/event-registry.js';
import { type Projection, schemaOf } from '../engine/projection.js';
import type { ProjectionTransaction } from '../engine/row-store.js';
import { foldHub, wantHubRows } from './hub-fold.js';
import { createHubRows, loadHubRows, writeHubRows } from './hub-rows.js';
import { failureGroupsTable, failuresTable } from './models/failures.js';
import { findingDetectionsTable, findingsTable } from './models/findings.js';
import { inventoriesTable, inventoryPoliciesTable, inventoryTalliesTable } from './models/inventories.js';
import { knownIdsTable, tenantOfSql } from './models/known-ids.js';
import { notificationsTable } from './models/notifications.js';
import { runAsksTable } from './models/run-asks.js';
import { runCountersTable } from './models/run-counters.js';
import { runEventsTable } from './models/run-events.js';
import { runItemsTable } from './models/run-items.js';
import { runLinksTable } from './models/run-links.js';
import { runsTable } from './models/runs.js';
import { grantsTable, memberSettingsTable, membersTable, tenantsTable } from './models/tenancy.js';

/** Raise with every change of a table or a fold: the hub then reads a new schema, built from the log. */
const HUB_VERSION = 2;

/** All of the hub's read models: one schema, one checkpoint. */
export const hubProjection: Projection = {
  name: 'hub',
  version: HUB_VERSION,
  streamPrefixes: ['ledger-', 'operation-', 'ask-', 'finding-', 'tenant-', 'member-'],
  batchEveryMs: 100,
  tables: [
    tenantsTable,
    membersTable,
    grantsTable,
    memberSettingsTable,
    runsTable,
    runEventsTable,
    runItemsTable,
    runLinksTable,
    runAsksTable,
    runCountersTable,
    failuresTable,
    failureGroupsTable,
    notificationsTable,
    findingsTable,
    findingDetectionsTable,
    inventoriesTable,
    inventoryTalliesTable,
    inventoryPoliciesTable,
    knownIdsTable,
  ],
  afterTables: () => tenantOfSql,
  apply: applyToHub,
};

/** Where the hub's pages read: `hub_v2`. */
export const HUB_SCHEMA = schemaOf(hubProjection);

async function applyToHub(recorded: readonly RecordedEvent[], tx: ProjectionTransaction): Promise<void> {
  const events = recorded as readonly LedgerEvent[];
  const rows = createHubRows();
  wantHubRows(events, rows);
  await loadHubRows(tx, rows);
  for (const event of events) foldHub(event, rows);
  await writeHubRows(tx, rows);
}
