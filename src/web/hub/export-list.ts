import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import type { HubRead } from './hub-read.js';
import { pageWithNext } from './keyset.js';

/** An export with its run's title and initiator; these are null once the run is archived. */
export type ExportRow = Selectable<HubTables['exports']> & {
  readonly title: string | null;
  readonly initiator_kind: string | null;
  readonly initiator_id: string | null;
  readonly initiator_name: string | null;
};

const withRuns = (db: HubRead) =>
  db
    .selectFrom('exports')
    .leftJoin('runs', 'runs.run_id', 'exports.run_id')
    .selectAll('exports')
    .select(['runs.title', 'runs.initiator_kind', 'runs.initiator_id', 'runs.initiator_name']);

/** A page of exports, newest first. */
export async function listExports(
  db: HubRead,
  { before, limit }: { readonly before?: number | undefined; readonly limit: number },
): Promise<{ readonly rows: readonly ExportRow[]; readonly next: number | null }> {
  let query = withRuns(db)
    .orderBy('exports.position', 'desc')
    .limit(limit + 1);
  if (before !== undefined) query = query.where('exports.position', '<', before);
  return pageWithNext(await query.execute(), limit, ({ position }) => position);
}

/** The export that a run wrote, or undefined. */
export async function findExport(db: HubRead, runId: string): Promise<ExportRow | undefined> {
  return withRuns(db).where('exports.run_id', '=', runId).executeTakeFirst();
}
