import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { LIMITS } from '../limits.js';
import type { HubRead } from './hub-read.js';

export type ComparisonRow = Selectable<HubTables['drift_comparisons']>;

/** The newest comparison of each scope that has one with a result, newest first. */
export async function newestComparisons(db: HubRead): Promise<readonly ComparisonRow[]> {
  return db
    .selectFrom('drift_comparisons')
    .selectAll()
    .orderBy('position', 'desc')
    .limit(LIMITS.comparisonsShown)
    .execute();
}
