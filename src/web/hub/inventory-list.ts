import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { groupBy } from '../../group-by.js';
import type { HubRead } from './hub-read.js';

export type InventoryRow = Selectable<HubTables['inventories']>;

/** An inventory with the run that made it. */
export interface InventoryWithRun extends InventoryRow {
  readonly number: number;
  readonly title: string;
  readonly bucket: Selectable<HubTables['runs']>['bucket'];
  readonly failed: number;
}

const INVENTORIES_READ = 200;

/** The newest inventories of a tenant, newest first. */
export async function listInventories(
  db: HubRead,
  filter: { readonly scopeKey?: string | undefined; readonly usableOnly?: boolean } = {},
): Promise<readonly InventoryWithRun[]> {
  let query = db
    .selectFrom('inventories')
    .innerJoin('runs', (join) =>
      join
        .onRef('runs.tenant_id', '=', 'inventories.tenant_id')
        .onRef('runs.run_id', '=', 'inventories.run_id'),
    )
    .selectAll('inventories')
    .select(['runs.queued_position as number', 'runs.title', 'runs.bucket', 'runs.failed'])
    .orderBy('inventories.position', 'desc')
    .limit(INVENTORIES_READ);
  if (filter.scopeKey) query = query.where('inventories.scope_key', '=', filter.scopeKey);
  if (filter.usableOnly) query = query.where('usable', '=', true);
  return query.execute();
}

export interface InventoryScope {
  readonly scopeKey: string;
  readonly title: string;
  readonly policyTypes: readonly string[];
  /** Newest first. */
  readonly inventories: readonly InventoryWithRun[];
  readonly usable: readonly InventoryWithRun[];
}

/** Inventories by their scope, the scope with the newest one first. */
export function byScope(inventories: readonly InventoryWithRun[]): readonly InventoryScope[] {
  const groups = groupBy(inventories, ({ scope_key }) => scope_key);
  return [...groups].map(([scopeKey, group]) => ({
    scopeKey,
    title: (group[0]?.title ?? scopeKey).replace(/^Inventory of /, ''),
    policyTypes: group[0]?.policy_types ?? [],
    inventories: group,
    usable: group.filter(({ usable }) => usable),
  }));
}

/** Policies of an inventory by their type, with how many of each. */
export async function policyCounts(
  db: HubRead,
  runId: string,
): Promise<readonly { readonly policyType: string; readonly policies: number }[]> {
  return db
    .selectFrom('inventory_policies')
    .select((select) => ['policy_type as policyType', select.fn.countAll<number>().as('policies')])
    .where('run_id', '=', runId)
    .groupBy('policy_type')
    .orderBy('policy_type')
    .execute();
}

/** Whether the tenant is connected to Graph. */
export async function isConnected(db: HubRead): Promise<boolean> {
  const row = await db.selectFrom('tenants').select('graph_base_url').executeTakeFirst();
  return (row?.graph_base_url ?? null) !== null;
}
