import { type Selectable, sql } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { TOOK_MS } from '../../../projections/hub/models/runs.js';
import { groupBy } from '../../group-by.js';
import { undoSetIdOf } from '../../operations/restore-execute/undo-set-id.js';
import type { HubRead } from './hub-read.js';
import type { RestorePlanRow } from './restore-preview.js';

export type RunEffectRow = Selectable<HubTables['run_effects']>;
export type RestoredPolicyRow = Selectable<HubTables['restored_policies']>;

/** What a restore did to some of its items: the result of each, and the requests for it in their order. */
export interface RestoreResults {
  readonly restored: ReadonlyMap<string, RestoredPolicyRow>;
  readonly effects: ReadonlyMap<string, readonly RunEffectRow[]>;
}

/** What a restore wrote for these items, and what it sent for it. */
export async function restoreResults(
  db: HubRead,
  runId: string,
  itemIds: readonly string[],
): Promise<RestoreResults> {
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

/** Most requests of a restore that are shown without an item. */
export const UNRECORDED_MAX = 500;

/** The requests that a restore has begun for a policy without having recorded an item for it. */
export interface UnrecordedPolicy {
  readonly itemId: string;
  readonly plan: Pick<RestorePlanRow, 'name' | 'policy_type'> | undefined;
  readonly effects: readonly RunEffectRow[];
}

/** The policies that a restore has begun to write and not recorded, in the order in which it began them. */
export async function unrecordedPolicies(
  db: HubRead,
  runId: string,
  previewRunId: string,
): Promise<readonly UnrecordedPolicy[]> {
  const effects = await db
    .selectFrom('run_effects')
    .selectAll()
    .where('run_id', '=', runId)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('run_items')
            .select('run_items.item_id')
            .whereRef('run_items.tenant_id', '=', 'run_effects.tenant_id')
            .whereRef('run_items.run_id', '=', 'run_effects.run_id')
            .whereRef('run_items.item_id', '=', 'run_effects.item_id'),
        ),
      ),
    )
    .orderBy('intended_revision')
    .limit(UNRECORDED_MAX)
    .execute();
  const ofItems = groupBy(effects, ({ item_id }) => item_id);
  if (ofItems.size === 0) return [];
  const plans = await db
    .selectFrom('restore_plans')
    .select(['policy_key', 'name', 'policy_type'])
    .where('run_id', '=', previewRunId)
    .where('policy_key', 'in', [...ofItems.keys()])
    .execute();
  return [...ofItems].map(([itemId, its]) => ({
    itemId,
    plan: plans.find(({ policy_key }) => policy_key === itemId),
    effects: its,
  }));
}

/**
 * The backup set of what a restore has overwritten; undefined when it overwrote nothing, or when the set has expired.
 */
export async function undoSetOf(db: HubRead, runId: string): Promise<string | undefined> {
  const set = await db
    .selectFrom('backup_sets')
    .select('set_id')
    .where('set_id', '=', undoSetIdOf(runId))
    .where('policies', '>', 0)
    .where('expired_at', 'is', null)
    .executeTakeFirst();
  return set?.set_id;
}

/** What the newest live restore of the tenant that wrote anything did, and how long it took. */
export interface EarlierRestore {
  readonly runId: string;
  readonly policies: number;
  readonly tookMs: number;
}

/** How many of the newest restores are looked at for one that wrote something. */
const EARLIER_LOOKED_AT = 50;

/** The newest restore that ended and wrote something, for estimating how long another one takes. */
export async function lastLiveRestore(db: HubRead): Promise<EarlierRestore | undefined> {
  const newest = db
    .selectFrom('runs')
    .select(['tenant_id', 'run_id', 'queued_position', sql<number>`${sql.raw(TOOK_MS)}`.as('took')])
    .where('type', '=', 'restore.execute')
    .where('finished_at', 'is not', null)
    .where(sql<boolean>`context ->> 'dryRun' = 'false'`)
    .orderBy('queued_position', 'desc')
    .limit(EARLIER_LOOKED_AT);
  const last = await db
    .selectFrom(newest.as('run'))
    .innerJoin('restored_policies', (join) =>
      join
        .onRef('restored_policies.tenant_id', '=', 'run.tenant_id')
        .onRef('restored_policies.run_id', '=', 'run.run_id'),
    )
    .select(({ fn }) => ['run.run_id', 'run.took', fn.countAll<number>().as('policies')])
    .where('action', '!=', 'unchanged')
    .groupBy(['run.run_id', 'run.took', 'run.queued_position'])
    .orderBy('run.queued_position', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last && { runId: last.run_id, policies: Number(last.policies), tookMs: Number(last.took) };
}
