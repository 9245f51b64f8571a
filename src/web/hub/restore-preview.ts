import { type Selectable, sql } from 'kysely';
import { z } from 'zod';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { evidenceSchema } from '../../operations/drift-generate/drift-events.js';
import { plannedPolicySchema, type RestoreAction } from '../../operations/restore-preview/restore-events.js';
import type { HubRead } from './hub-read.js';
import { type KeysetPage, keysetPage, type PagePlace } from './keyset.js';
import type { RunItemRow } from './run-items.js';

export type RestorePreviewRow = Selectable<HubTables['restore_previews']>;
export type RestorePlanRow = Selectable<HubTables['restore_plans']>;

/** What a preview counted, or undefined before its first policy was planned. */
export async function findPreview(db: HubRead, runId: string): Promise<RestorePreviewRow | undefined> {
  return db.selectFrom('restore_previews').selectAll().where('run_id', '=', runId).executeTakeFirst();
}

/** One page of a preview's policies of these actions: what needs attention first. */
export async function listPlans(
  db: HubRead,
  runId: string,
  {
    actions,
    limit,
    ...place
  }: PagePlace & { readonly actions: readonly RestoreAction[]; readonly limit: number },
): Promise<KeysetPage<RestorePlanRow>> {
  return keysetPage(place, { limit }, ({ direction, beyond, limit: rows }) => {
    let query = db
      .selectFrom('restore_plans')
      .selectAll()
      .where('run_id', '=', runId)
      .where('action', 'in', actions)
      .orderBy('place', direction)
      .limit(rows);
    if (beyond) query = query.where('place', beyond.operator, beyond.key);
    return query.execute();
  });
}

/** The policies of a preview that failed before they were planned, in the order in which they failed. */
export async function listUnplanned(
  db: HubRead,
  runId: string,
  limit: number,
): Promise<readonly RunItemRow[]> {
  return unplanned(db, runId).selectAll().orderBy('ordinal').limit(limit).execute();
}

/** How many policies of a preview failed before they were planned. */
export async function countUnplanned(db: HubRead, runId: string): Promise<number> {
  const row = await unplanned(db, runId)
    .select((select) => select.fn.countAll<number>().as('number'))
    .executeTakeFirst();
  return Number(row?.number ?? 0);
}

function unplanned(db: HubRead, runId: string) {
  return db
    .selectFrom('run_items')
    .where('run_items.run_id', '=', runId)
    .where('outcome', '=', 'failed')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('restore_plans')
            .select('policy_key')
            .whereRef('restore_plans.tenant_id', '=', 'run_items.tenant_id')
            .whereRef('restore_plans.run_id', '=', 'run_items.run_id')
            .whereRef('restore_plans.policy_key', '=', 'run_items.item_id'),
        ),
      ),
    );
}

/** The plans of the policies that these plans wait for, by the ids that the policies had, in lower case. */
export async function plansNeededBy(
  db: HubRead,
  runId: string,
  plans: readonly RestorePlanRow[],
): Promise<ReadonlyMap<string, NeededPlan>> {
  const ids = new Set(plans.flatMap((plan) => neededReferences(plan).map(({ id }) => id.toLowerCase())));
  if (ids.size === 0) return new Map();
  const lowerCase = sql<string>`lower(policy_id)`;
  const needed = await db
    .selectFrom('restore_plans')
    .select(['policy_key', 'name', lowerCase.as('id')])
    .where('run_id', '=', runId)
    .where(lowerCase, 'in', [...ids])
    .execute();
  return new Map(needed.map((plan) => [plan.id, plan]));
}

export type NeededPlan = Pick<RestorePlanRow, 'policy_key' | 'name'>;

/** The references of a policy that the restore itself writes before it. */
export const neededReferences = (plan: RestorePlanRow) =>
  planPartsOf(plan).refers_to.filter(({ resolution }) => resolution === 'restored_before');

/** The kinds of a plan's limits that say what to know before the policy is written. */
const IN_FORCE_AT_ONCE = 'in_force_at_once';
const SECOND_OF_NAME = 'second_of_name';

/** Whether a limit of a plan is about what writing the policy does, and not about what can't be set. */
export const isWarning = ({ kind }: { readonly kind: string }): boolean =>
  kind === IN_FORCE_AT_ONCE || kind === SECOND_OF_NAME;
const IN_FORCE_SHOWN_MAX = 10;

/** The policies that are in force as soon as a restore writes them, the first ones in the order of the list. */
export async function plansInForceAtOnce(db: HubRead, runId: string): Promise<readonly NeededPlan[]> {
  return db
    .selectFrom('restore_plans')
    .select(['policy_key', 'name'])
    .where('run_id', '=', runId)
    .where('writes', '>', 0)
    .where(sql<boolean>`limits @> ${JSON.stringify([{ kind: IN_FORCE_AT_ONCE }])}::jsonb`)
    .orderBy('place')
    .limit(IN_FORCE_SHOWN_MAX)
    .execute();
}

/** How many requests a restore would send to each policy type. */
export async function writesOfTypes(db: HubRead, runId: string): Promise<readonly WritesOfType[]> {
  return db
    .selectFrom('restore_plans')
    .select(({ fn }) => ['policy_type', fn.sum('writes').$castTo<number>().as('writes')])
    .where('run_id', '=', runId)
    .groupBy('policy_type')
    .execute();
}

export type WritesOfType = Pick<RestorePlanRow, 'policy_type' | 'writes'>;

/** What a preview says about one policy. */
export async function findPlan(
  db: HubRead,
  runId: string,
  policyKey: string,
): Promise<RestorePlanRow | undefined> {
  return db
    .selectFrom('restore_plans')
    .selectAll()
    .where('run_id', '=', runId)
    .where('policy_key', '=', policyKey)
    .executeTakeFirst();
}

const planParts = z.object({
  limits: plannedPolicySchema.shape.limits,
  refers_to: plannedPolicySchema.shape.references,
  evidence: evidenceSchema.nullable(),
});

/** The parts of a plan that its row holds as JSON, checked against the event's schema. */
export const planPartsOf = (plan: RestorePlanRow) => planParts.parse(plan);
