import type { ReadonlyKysely } from '../../db/readonly-kysely.js';
import { withTenant } from '../../db/with-tenant.js';
import type { HubDatabase, WebDependencies } from '../web-dependencies.js';

/** One page's view of the read models: one snapshot, one tenant. */
export type HubRead = ReadonlyKysely<HubDatabase>;

/** Runs a page's queries in one read-only transaction inside a tenant, on the schema of the read models. */
export function readHub<Result>(
  deps: Pick<WebDependencies, 'hub' | 'hubSchema'>,
  tenantId: string,
  read: (db: HubRead) => Promise<Result>,
): Promise<Result> {
  return withTenant(deps.hub, tenantId, (db) => read(db.withSchema(deps.hubSchema)));
}

/** The position that the read models have reached, in this snapshot; -1 before the first batch. */
export async function checkpointPosition(db: HubRead): Promise<number> {
  const row = await db.selectFrom('checkpoint').select('position').executeTakeFirst();
  return row?.position ?? -1;
}

/** How the projector is doing, as it last said itself. */
export interface ProjectorReport {
  readonly saidAt: number;
  readonly caughtUp: boolean;
  readonly lagMs: number;
  readonly pausedReason: string | null;
  readonly pausedEvent: string | null;
}

/** The projector's last report in this snapshot, or undefined before its first. */
export async function projectorReport(db: HubRead): Promise<ProjectorReport | undefined> {
  return db
    .selectFrom('projector_status')
    .select([
      'said_at as saidAt',
      'caught_up as caughtUp',
      'lag_ms as lagMs',
      'paused_reason as pausedReason',
      'paused_event as pausedEvent',
    ])
    .executeTakeFirst();
}
