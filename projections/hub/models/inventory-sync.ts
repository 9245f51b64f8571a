import { isEvent, type RecordedEvent } from '../../../src/ledger/event-registry.js';
import { InventoryItemsObserved } from '../../../src/operations/inventory-sync/inventory-events.js';
import { RunAborted, RunCompleted, RunFailed } from '../../../src/runs/run-events.js';
import { isUsable } from '../../../src/runs/status-bucket.js';
import { bigint, boolean, integer, nullable, text, textList, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable, type RowOf } from '../../engine/table.js';
import { runOf, timeOf } from '../event-facts.js';
import { runsTable } from './runs.js';

/** What each inventory run saw; a policy that it saw twice under one item id counts once. */
export const inventoryPoliciesTable = defineTable({
  name: 'inventory_policies',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    item_id: text(),
    scope_key: text(),
    policy_type: text(),
    policy_id: text(),
    name: text(),
    content_hash: text(),
    assignments_hash: text(),
    setting_count: bigint(),
    artifact: text(),
    last_modified: nullable(text()),
    position: bigint(),
  },
  key: ['tenant_id', 'run_id', 'item_id'],
  indexes: ['(tenant_id, policy_type, policy_id, position desc)'],
  access: 'tenant',
});

export const inventoryPolicies = defineModel({
  table: inventoryPoliciesTable,
  wants: [InventoryItemsObserved],
  finalAfter: 'run',
  keys: (event) => event.data.policies.map(({ itemId }) => ({ ...runOf(event), item_id: itemId })),
  fold(event, rows) {
    for (const policy of event.data.policies) {
      const key = { ...runOf(event), item_id: policy.itemId };
      if (rows.get(key)) continue;
      rows.put({
        ...key,
        scope_key: event.data.scopeKey,
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
  },
});

/** What inventory runs saw so far, counted; `inventories` takes it over when a run ends. */
export const inventoryTalliesTable = defineTable({
  name: 'inventory_tallies',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    scope_key: text(),
    policy_types: textList(),
    policies: integer(),
  },
  key: ['tenant_id', 'run_id'],
  access: 'tenant',
});

type InventoryTallyRow = RowOf<typeof inventoryTalliesTable>;

export const inventoryTallies = defineModel({
  table: inventoryTalliesTable,
  wants: [InventoryItemsObserved, RunCompleted, RunFailed, RunAborted],
  finalAfter: 'run',
  keys: (event) => [runOf(event)],
  fold(event, rows, look) {
    const run = runOf(event);
    const tally = rows.get(run);
    if (!isEvent(event, InventoryItemsObserved)) {
      if (tally) rows.delete(run);
      return;
    }
    const added = look(inventoryPoliciesTable).added();
    const types = new Set([...(tally?.policy_types ?? []), ...added.map(({ policy_type }) => policy_type)]);
    rows.put({
      ...run,
      scope_key: event.data.scopeKey,
      policy_types: [...types].sort(),
      policies: (tally?.policies ?? 0) + added.length,
    });
  },
});

/** Inventory runs by scope, ended ones; usable are those with bucket succeeded or partially succeeded. */
export const inventoriesTable = defineTable({
  name: 'inventories',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    scope_key: text(),
    policy_types: textList(),
    usable: boolean(),
    policies: integer(),
    finished_at: bigint(),
    position: bigint(),
  },
  key: ['tenant_id', 'run_id'],
  indexes: ['(tenant_id, scope_key, position desc)', '(tenant_id, position desc) where usable'],
  access: 'tenant',
});

/**
 * When an inventory run ends, its tally becomes an inventory. One that saw nothing has its scope key from the
 * inventory it says it produced; without either there is no inventory.
 */
export const inventories = defineModel({
  table: inventoriesTable,
  wants: [RunCompleted, RunFailed, RunAborted],
  finalAfter: 'run',
  fold(event, rows, look) {
    const key = runOf(event);
    const run = look(runsTable).get(key);
    const tally = look(inventoryTalliesTable).before(key) ?? emptyTally(event, key);
    if (!run || !tally) return;
    rows.put({
      ...tally,
      usable: isUsable(run.bucket),
      finished_at: timeOf(event),
      position: event.position,
    });
  },
});

function emptyTally(
  event: RecordedEvent,
  run: { tenant_id: string; run_id: string },
): InventoryTallyRow | undefined {
  if (!isEvent(event, RunCompleted)) return undefined;
  const produced = event.data.related.find(
    ({ kind, relation }) => kind === 'inventory' && relation === 'produced',
  );
  return produced && { ...run, scope_key: produced.id, policy_types: [], policies: 0 };
}
