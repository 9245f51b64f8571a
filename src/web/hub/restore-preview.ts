import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { evidenceSchema } from '../../operations/drift-generate/drift-events.js';
import { plannedPolicySchema, type RestoreAction } from '../../operations/restore-preview/restore-events.js';
import type { HubRead } from './hub-read.js';
import { type KeysetPage, keysetPage, type PagePlace } from './keyset.js';

export type RestorePreviewRow = Selectable<HubTables['restore_previews']>;
export type RestorePlanRow = Selectable<HubTables['restore_plans']>;

/** What a preview counted, or undefined before its first policy was planned. */
export async function findPreview(db: HubRead, runId: string): Promise<RestorePreviewRow | undefined> {
  return db.selectFrom('restore_previews').selectAll().where('run_id', '=', runId).executeTakeFirst();
}

/** One page of a preview's policies: what needs attention first, or those of one action. */
export async function listPlans(
  db: HubRead,
  runId: string,
  {
    action,
    limit,
    ...place
  }: PagePlace & { readonly action?: RestoreAction | undefined; readonly limit: number },
): Promise<KeysetPage<RestorePlanRow>> {
  return keysetPage(place, { limit }, ({ direction, beyond, limit: rows }) => {
    let query = db
      .selectFrom('restore_plans')
      .selectAll()
      .where('run_id', '=', runId)
      .orderBy('place', direction)
      .limit(rows);
    if (action) query = query.where('action', '=', action);
    if (beyond) query = query.where('place', beyond.operator, beyond.key);
    return query.execute();
  });
}

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
