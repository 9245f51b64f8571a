import { isEvent, type RecordedEvent, type RecordedOf } from '../../../src/ledger/event-registry.js';
import {
  type Related,
  RunAborted,
  RunCompleted,
  RunFailed,
  RunItemsRecorded,
  RunItemsRepeated,
  RunQueued,
} from '../../../src/runs/run-events.js';
import { isUsable, type StatusBucket } from '../../../src/runs/status-bucket.js';
import { bigint, boolean, integer, jsonb, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { runOf, tenantOf, timeOf } from '../event-facts.js';
import { type RunItemRow, runItemsTable } from './run-items.js';
import { type RunRow, runsTable } from './runs.js';

/** How many policies there are of each type. */
export type PoliciesByType = Readonly<Record<string, number>>;

/** What inventory runs have seen so far, counted; copied into `inventories` when a run ends. */
const inventoryTalliesTable = defineTable({
  name: 'inventory_tallies',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    policies_by_type: jsonb<PoliciesByType>(),
  },
  key: ['tenant_id', 'run_id'],
  access: 'tenant',
});

export const inventoryTallies = defineModel({
  table: inventoryTalliesTable,
  wants: [RunItemsRecorded, RunItemsRepeated, RunCompleted, RunFailed, RunAborted],
  foldVersion: 2,
  finalAfter: 'run',
  keys: (event) => [runOf(event)],
  fold(event, rows, rowsOf) {
    const key = runOf(event);
    const tally = rows.get(key);
    if (!isEvent(event, RunItemsRecorded, RunItemsRepeated)) {
      if (tally) rows.delete(key);
      return;
    }
    if (rowsOf(runsTable).get(key)?.type !== 'inventory.sync') return;
    const added = isEvent(event, RunItemsRepeated)
      ? event.data.subjects
      : policiesOf(rowsOf(runItemsTable).added());
    rows.put({ ...key, policies_by_type: addByType(tally?.policies_by_type ?? {}, added) });
  },
});

interface TypeCount {
  readonly type: string;
  readonly items: number;
}

/** Counts an item that succeeded and has a subject as a policy; the item of a whole type has no subject. */
const policiesOf = (items: readonly RunItemRow[]): readonly TypeCount[] =>
  items.flatMap(({ outcome, subject_type: type }) =>
    outcome === 'succeeded' && type !== null ? [{ type, items: 1 }] : [],
  );

function addByType(known: PoliciesByType, added: readonly TypeCount[]): PoliciesByType {
  const counts: Record<string, number> = { ...known };
  for (const { type, items } of added) counts[type] = (counts[type] ?? 0) + items;
  return counts;
}

/** Ended inventory runs by scope. An inventory is usable when its run succeeded or partially succeeded. */
export const inventoriesTable = defineTable({
  name: 'inventories',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    scope_key: text(),
    /** Number, title, bucket and failed items of the run, which are final. */
    number: bigint(),
    title: text(),
    bucket: text<StatusBucket>(),
    failed: integer(),
    usable: boolean(),
    policies: integer(),
    policies_by_type: jsonb<PoliciesByType>(),
    finished_at: bigint(),
    position: bigint(),
  },
  key: ['tenant_id', 'run_id'],
  indexes: [
    '(tenant_id, scope_key, position desc)',
    '(tenant_id, scope_key, position desc) where usable',
    '(tenant_id, position desc) where usable',
  ],
  access: 'tenant',
});

/** Makes an inventory of a run's counts when the run ends. A run without a scope makes none. */
export const inventories = defineModel({
  table: inventoriesTable,
  wants: [RunCompleted, RunFailed, RunAborted],
  foldVersion: 2,
  finalAfter: 'run',
  fold(event, rows, rowsOf) {
    const key = runOf(event);
    const run = rowsOf(runsTable).get(key);
    const scope_key = run && scopeKeyOf(event, run);
    if (!run || scope_key === undefined) return;
    const policies_by_type = rowsOf(inventoryTalliesTable).before(key)?.policies_by_type ?? {};
    rows.put({
      ...key,
      scope_key,
      number: run.queued_position,
      title: run.title,
      bucket: run.bucket,
      failed: run.failed,
      usable: isUsable(run.bucket),
      policies: Object.values(policies_by_type).reduce((sum, policies) => sum + policies, 0),
      policies_by_type,
      finished_at: timeOf(event),
      position: event.position,
    });
  },
});

/** The scope of an inventory: that of its run, or else that of what the run produced. */
function scopeKeyOf(event: RecordedEvent, run: RunRow): string | undefined {
  if (run.type !== 'inventory.sync') return undefined;
  if (typeof run.scope.scopeKey === 'string') return run.scope.scopeKey;
  return isEvent(event, RunCompleted) ? producedScope(event.data.related) : undefined;
}

const producedScope = (related: readonly Related[]): string | undefined =>
  related.find(({ kind, relation }) => kind === 'inventory' && relation === 'produced')?.id;

/** The scopes that inventories were requested for, each with its newest inventories. */
export const inventoryScopesTable = defineTable({
  name: 'inventory_scopes',
  columns: {
    tenant_id: uuid(),
    scope_key: text(),
    /** Title of the newest run. */
    title: text(),
    usable: integer(),
    /** What the newest usable inventory saw; null when there is none. */
    policies_by_type: nullable(jsonb<PoliciesByType>()),
    /** When the newest run was queued. */
    position: bigint(),
  },
  key: ['tenant_id', 'scope_key'],
  indexes: ['(tenant_id, position desc)'],
  access: 'tenant',
});

export const inventoryScopes = defineModel({
  table: inventoryScopesTable,
  wants: [RunQueued, RunCompleted],
  keys(event) {
    const scope_key = isEvent(event, RunQueued) ? queuedScope(event) : producedScope(event.data.related);
    return scope_key === undefined ? [] : [{ tenant_id: tenantOf(event), scope_key }];
  },
  fold(event, rows, rowsOf) {
    const tenant_id = tenantOf(event);
    if (isEvent(event, RunQueued)) {
      const scope_key = queuedScope(event);
      if (scope_key === undefined) return;
      const known = rows.get({ tenant_id, scope_key }) ?? { usable: 0, policies_by_type: null };
      rows.put({ ...known, tenant_id, scope_key, title: event.data.title, position: event.position });
      return;
    }
    for (const { scope_key, usable, title, number, policies_by_type } of rowsOf(inventoriesTable).added()) {
      if (!usable) continue;
      const scope = rows.get({ tenant_id, scope_key }) ?? { usable: 0, title, position: number };
      rows.put({ ...scope, tenant_id, scope_key, usable: scope.usable + 1, policies_by_type });
    }
  },
});

function queuedScope({ data }: RecordedOf<typeof RunQueued>): string | undefined {
  const { scopeKey } = data.scope;
  return data.type === 'inventory.sync' && typeof scopeKey === 'string' ? scopeKey : undefined;
}
