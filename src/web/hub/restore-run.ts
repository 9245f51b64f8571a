import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { groupBy } from '../../group-by.js';
import type { HubRead } from './hub-read.js';

export type RunEffectRow = Selectable<HubTables['run_effects']>;
export type RestoredPolicyRow = Selectable<HubTables['restored_policies']>;

/** What a restore did to some of its items: the result of each, and the requests for it in their order. */
export interface RestoreDeeds {
  readonly restored: ReadonlyMap<string, RestoredPolicyRow>;
  readonly effects: ReadonlyMap<string, readonly RunEffectRow[]>;
}

export async function restoreDeeds(
  db: HubRead,
  runId: string,
  itemIds: readonly string[],
): Promise<RestoreDeeds> {
  if (itemIds.length === 0) return { restored: new Map(), effects: new Map() };
  const restored = await db
    .selectFrom('restored_policies')
    .selectAll()
    .where('run_id', '=', runId)
    .where('policy_key', 'in', itemIds)
    .execute();
  const effects = await db
    .selectFrom('run_effects')
    .selectAll()
    .where('run_id', '=', runId)
    .where('item_id', 'in', itemIds)
    .orderBy('intended_revision')
    .execute();
  return {
    restored: new Map(restored.map((row) => [row.policy_key, row])),
    effects: groupBy(effects, ({ item_id }) => item_id),
  };
}

/** The backup set of what a restore has overwritten; undefined when it overwrote nothing, or isn't over. */
export async function undoSetOf(db: HubRead, runId: string): Promise<string | undefined> {
  const link = await db
    .selectFrom('run_links')
    .select('target_id')
    .where('run_id', '=', runId)
    .where('relation', '=', 'produced')
    .where('target_kind', '=', 'backup_set')
    .executeTakeFirst();
  return link?.target_id;
}
