import type { LedgerEvent } from '../../../src/events.js';
import { isTerminal, isUsable, type Lifecycle } from '../../../src/runs/status-bucket.js';
import type { RowSet } from '../../engine/row-set.js';
import { defineTable } from '../../engine/table.js';
import { type EventOf, runOf, timeOf } from '../event-facts.js';
import type { HubTables } from '../tables.js';
import type { RunRow } from './runs.js';

export type InventoryRow = HubTables['inventories'];
export type InventoryTallyRow = HubTables['inventory_tallies'];
export type InventoryPolicyRow = HubTables['inventory_policies'];

export const inventoriesTable = defineTable<InventoryRow>({
  name: 'inventories',
  columns: {
    tenant_id: 'uuid not null',
    run_id: 'text not null',
    scope_key: 'text not null',
    policy_types: 'text[] not null',
    usable: 'boolean not null',
    policies: 'integer not null',
    finished_at: 'bigint not null',
    position: 'bigint not null',
  },
  key: ['tenant_id', 'run_id'],
  indexes: ['(tenant_id, scope_key, position desc)'],
  access: 'tenant',
});

export const inventoryTalliesTable = defineTable<InventoryTallyRow>({
  name: 'inventory_tallies',
  columns: {
    tenant_id: 'uuid not null',
    run_id: 'text not null',
    scope_key: 'text not null',
    policy_types: 'text[] not null',
    policies: 'integer not null',
  },
  key: ['tenant_id', 'run_id'],
  access: 'tenant',
});

export const inventoryPoliciesTable = defineTable<InventoryPolicyRow>({
  name: 'inventory_policies',
  columns: {
    tenant_id: 'uuid not null',
    run_id: 'text not null',
    item_id: 'text not null',
    scope_key: 'text not null',
    policy_type: 'text not null',
    policy_id: 'text not null',
    name: 'text not null',
    content_hash: 'text not null',
    assignments_hash: 'text not null',
    setting_count: 'bigint not null',
    artifact: 'text not null',
    last_modified: 'text null',
    position: 'bigint not null',
  },
  key: ['tenant_id', 'run_id', 'item_id'],
  indexes: ['(tenant_id, policy_type, policy_id, position desc)'],
  access: 'tenant',
});

interface InventoryRows {
  readonly inventories: RowSet<InventoryRow>;
  readonly inventory_tallies: RowSet<InventoryTallyRow>;
  readonly inventory_policies: RowSet<InventoryPolicyRow>;
}

/** What an inventory run saw; a policy it saw twice under one item id counts once. */
export function foldObserved(event: EventOf<'InventoryItemsObserved'>, rows: InventoryRows): void {
  const run = runOf(event);
  const { scopeKey: scope_key, policies } = event.data;
  const tally = rows.inventory_tallies.get(run);
  const types = new Set(tally?.policy_types);
  let count = tally?.policies ?? 0;
  for (const policy of policies) {
    const key = { ...run, item_id: policy.itemId };
    if (rows.inventory_policies.get(key)) continue;
    types.add(policy.policyType);
    count += 1;
    rows.inventory_policies.put({
      ...key,
      scope_key,
      policy_type: policy.policyType,
      policy_id: policy.policyId,
      name: policy.name,
      content_hash: policy.contentHash,
      assignments_hash: policy.assignmentsHash,
      setting_count: policy.settingCount,
      artifact: policy.artifact,
      last_modified: policy.lastModified,
      position: event.position,
    });
  }
  rows.inventory_tallies.put({ ...run, scope_key, policy_types: [...types].sort(), policies: count });
}

/**
 * When an inventory run ends, its tally becomes an inventory. One that saw nothing has its scope key from the
 * inventory it says it produced; without either there is no inventory.
 */
export function foldInventoryEnd(event: LedgerEvent, run: RunRow, rows: InventoryRows): void {
  if (!isTerminal(run.lifecycle as Lifecycle)) return;
  const key = { tenant_id: run.tenant_id, run_id: run.run_id };
  const tally = rows.inventory_tallies.get(key) ?? emptyTally(event, key);
  if (!tally) return;
  const { scope_key, policy_types, policies } = tally;
  rows.inventories.put({
    ...key,
    scope_key,
    policy_types,
    policies,
    usable: isUsable(run.bucket),
    finished_at: timeOf(event),
    position: event.position,
  });
  rows.inventory_tallies.delete(key);
}

function emptyTally(
  event: LedgerEvent,
  run: { tenant_id: string; run_id: string },
): InventoryTallyRow | undefined {
  if (event.type !== 'RunCompleted') return undefined;
  const produced = event.data.related.find(
    ({ kind, relation }) => kind === 'inventory' && relation === 'produced',
  );
  return produced && { ...run, scope_key: produced.id, policy_types: [], policies: 0 };
}
