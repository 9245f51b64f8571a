import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { groupBy } from '../../group-by.js';
import { LIMITS } from '../limits.js';
import type { HubRead } from './hub-read.js';
import { pageWithNext } from './keyset.js';

export type InventoryRow = Selectable<HubTables['inventories']>;
type ScopeRow = Selectable<HubTables['inventory_scopes']>;

/** A selection with its newest inventories, newest first. */
export interface InventoryScope {
  readonly scopeKey: string;
  readonly title: string;
  /** How many usable inventories it has. */
  readonly usable: number;
  readonly inventories: readonly InventoryRow[];
  /** How many policies of each type its newest usable inventory saw. */
  readonly policiesByType: Readonly<Record<string, number>>;
}

export interface ScopeRequest {
  /** Only selections whose newest run was queued before this position. */
  readonly before?: number | undefined;
  /** Only selections with at least this many usable inventories; other inventories are left out. */
  readonly usableMin?: number | undefined;
  /** How many inventories of each selection are read. */
  readonly inventories: number;
}

/** One page of the selections that have inventories, in the order of their newest runs, newest first. */
export async function listScopes(
  db: HubRead,
  { before, usableMin = 0, inventories }: ScopeRequest,
): Promise<{ readonly scopes: readonly InventoryScope[]; readonly next: number | null }> {
  let query = db
    .selectFrom('inventory_scopes')
    .selectAll()
    .orderBy('position', 'desc')
    .limit(LIMITS.scopesPerPage + 1);
  if (before !== undefined) query = query.where('position', '<', before);
  if (usableMin > 0) query = query.where('usable', '>=', usableMin);
  const { rows, next } = pageWithNext(
    await query.execute(),
    LIMITS.scopesPerPage,
    ({ position }) => position,
  );
  const newest = await newestOf(
    db,
    rows.map(({ scope_key }) => scope_key),
    { limit: inventories, usableOnly: usableMin > 0 },
  );
  return {
    scopes: rows.map((row) => scopeOf(row, newest.get(row.scope_key) ?? [])),
    next,
  };
}

/** One page of a selection's inventories before a position, or undefined when there is no such selection. */
export async function findScope(
  db: HubRead,
  scopeKey: string,
  before?: number,
): Promise<{ readonly scope: InventoryScope; readonly next: number | null } | undefined> {
  const row = await db
    .selectFrom('inventory_scopes')
    .selectAll()
    .where('scope_key', '=', scopeKey)
    .executeTakeFirst();
  if (!row) return undefined;
  let query = db
    .selectFrom('inventories')
    .selectAll()
    .where('scope_key', '=', scopeKey)
    .orderBy('position', 'desc')
    .limit(LIMITS.inventoriesPerPage + 1);
  if (before !== undefined) query = query.where('position', '<', before);
  const { rows, next } = pageWithNext(
    await query.execute(),
    LIMITS.inventoriesPerPage,
    ({ position }) => position,
  );
  return { scope: scopeOf(row, rows), next };
}

/** The newest inventories of each of these selections. */
async function newestOf(
  db: HubRead,
  scopeKeys: readonly string[],
  { limit, usableOnly }: { readonly limit: number; readonly usableOnly: boolean },
): Promise<ReadonlyMap<string, readonly InventoryRow[]>> {
  if (scopeKeys.length === 0) return new Map();
  const rows = await db
    .selectFrom('inventory_scopes as scope')
    .innerJoinLateral(
      (from) => {
        const newest = from
          .selectFrom('inventories')
          .selectAll('inventories')
          .whereRef('inventories.tenant_id', '=', 'scope.tenant_id')
          .whereRef('inventories.scope_key', '=', 'scope.scope_key')
          .orderBy('inventories.position', 'desc')
          .limit(limit);
        return (usableOnly ? newest.where('inventories.usable', '=', true) : newest).as('newest');
      },
      (join) => join.onTrue(),
    )
    .selectAll('newest')
    .where('scope.scope_key', 'in', [...scopeKeys])
    .orderBy('newest.position', 'desc')
    .execute();
  return groupBy(rows, ({ scope_key }) => scope_key);
}

const scopeOf = (row: ScopeRow, inventories: readonly InventoryRow[]): InventoryScope => ({
  scopeKey: row.scope_key,
  title: row.title.replace(/^Inventory of /, ''),
  usable: row.usable,
  inventories,
  policiesByType: row.policies_by_type ?? {},
});

/** Whether the tenant is connected to Graph. */
export async function isConnected(db: HubRead): Promise<boolean> {
  const row = await db.selectFrom('tenants').select('graph_base_url').executeTakeFirst();
  return (row?.graph_base_url ?? null) !== null;
}

/** A usable inventory by its run, or the newest one; undefined when there is none. */
export async function usableInventory(db: HubRead, runId?: string): Promise<InventoryRow | undefined> {
  const usable = db.selectFrom('inventories').selectAll().where('usable', '=', true);
  if (runId !== undefined) return usable.where('run_id', '=', runId).executeTakeFirst();
  return usable.orderBy('position', 'desc').limit(1).executeTakeFirst();
}
