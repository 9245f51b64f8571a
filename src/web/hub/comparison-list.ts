import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import type { HubRead } from './hub-read.js';

export type ComparisonRow = Selectable<HubTables['drift_comparisons']>;

/** The newest comparison of each scope that had something to show, the newest of all first. */
export async function newestComparisons(db: HubRead): Promise<readonly ComparisonRow[]> {
  const newest = await db
    .selectFrom('drift_comparisons')
    .selectAll()
    .distinctOn(['tenant_id', 'scope_key'])
    .orderBy('tenant_id')
    .orderBy('scope_key')
    .orderBy('position', 'desc')
    .execute();
  return newest.sort((one, other) => other.position - one.position);
}
