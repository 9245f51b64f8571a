import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import type { HubRead } from './hub-read.js';

export type ConnectionRow = Selectable<HubTables['connections']>;
export type ConnectionCheckRow = Selectable<HubTables['connection_checks']>;

/** The tenant's connection, or undefined when it has none. */
export async function currentConnection(db: HubRead): Promise<ConnectionRow | undefined> {
  return db.selectFrom('connections').selectAll().executeTakeFirst();
}

/** The latest check of the connection's credential, or undefined before the first. */
export async function latestCheck(
  db: HubRead,
  { credential_id }: ConnectionRow,
): Promise<ConnectionCheckRow | undefined> {
  return db
    .selectFrom('connection_checks')
    .selectAll()
    .where('credential_id', '=', credential_id)
    .executeTakeFirst();
}

/** A check that failed as a whole. */
export interface FailedCheck {
  readonly run_id: string;
  readonly title: string;
  readonly reason: string | null;
  readonly finished_at: number | null;
  /** Whether it was of a connection that was to replace the present one. */
  readonly ofProposal: boolean;
}

/** The newest check that has ended, if it failed; those from before the connection don't count. */
export async function failedCheck(
  db: HubRead,
  connection: ConnectionRow | undefined,
): Promise<FailedCheck | undefined> {
  const newest = await db
    .selectFrom('runs')
    .select(['run_id', 'title', 'reason', 'finished_at', 'bucket', 'scope'])
    .where('type', '=', 'connection.check')
    .where('finished_at', 'is not', null)
    .orderBy('queued_position', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (newest?.bucket !== 'failed') return undefined;
  const { bucket: _, scope, ...run } = newest;
  if ((run.finished_at ?? 0) < (connection?.set_at ?? 0)) return undefined;
  return { ...run, ofProposal: typeof scope.proposalId === 'string' };
}

/** The results of a check in its order; at most 500 items. */
export async function checkedItems(
  db: HubRead,
  { run_id }: ConnectionCheckRow,
): Promise<
  readonly Pick<
    Selectable<HubTables['run_items']>,
    'item_id' | 'label' | 'outcome' | 'reason' | 'reason_code'
  >[]
> {
  return db
    .selectFrom('run_items')
    .select(['item_id', 'label', 'outcome', 'reason', 'reason_code'])
    .where('run_id', '=', run_id)
    .orderBy('ordinal')
    .limit(500)
    .execute();
}
