import { sql } from 'kysely';
import { databaseNowMs } from '../../../projections/engine/projector-status-table.js';
import type { HubPool } from '../../db/pools.js';
import type { ReadonlyKysely } from '../../db/readonly-kysely.js';
import { withTenant } from '../../db/with-tenant.js';
import type { HubDatabase, WebDependencies } from '../web-dependencies.js';
import { WebError } from '../web-error.js';

/** The read models of one tenant in one snapshot. */
export type HubRead = ReadonlyKysely<HubDatabase>;

/**
 * Runs a page's queries in one read-only transaction inside a tenant, on the schema of the read models. Errors:
 * WebError `unavailable` while the database is away or while the tables that the page reads are not built yet.
 */
export async function readHub<Result>(
  deps: Pick<WebDependencies, 'hub' | 'readModels' | 'ports'>,
  tenantId: string,
  read: (db: HubRead) => Promise<Result>,
): Promise<Result> {
  try {
    return await withTenant(deps.hub, tenantId, async (db) => {
      const schema = await deps.readModels.current(db);
      if (schema === undefined) throw notBuilt(deps);
      return read(inSchema(deps.hub, db, schema));
    });
  } catch (error) {
    if (!isNotBuilt(error)) throw error;
    deps.readModels.forget();
    throw notBuilt(deps);
  }
}

/** Reads in the schema. The names of the pool's own schema are left out, because adding them takes as long as compiling. */
export function inSchema<DB>(hub: Pick<HubPool<DB>, 'schema'>, db: ReadonlyKysely<DB>, schema: string) {
  return schema === hub.schema ? db : db.withSchema(schema);
}

function notBuilt({ ports }: Pick<WebDependencies, 'ports'>): WebError {
  const { building } = ports.status();
  const howFar = building === null ? '' : `: ${building.percent} % of the log is read`;
  return new WebError(
    'unavailable',
    `The hub is being built from the log${howFar}. Reload the page in a moment.`,
  );
}

/**
 * PostgreSQL's codes for a table, column or schema that doesn't exist before the read models of this version are built.
 */
const NOT_BUILT = new Set(['42P01', '42703', '3F000']);

const isNotBuilt = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && NOT_BUILT.has(String(error.code));

/** The position that the read models have reached in this snapshot; -1 before the first batch. */
export async function checkpointPosition(db: HubRead): Promise<number> {
  const row = await db.selectFrom('checkpoint').select('position').executeTakeFirst();
  return row?.position ?? -1;
}

/** The projector's last report about itself. */
export interface HubReport {
  /** Milliseconds since that report, by the database's clock. */
  readonly silentMs: number;
  readonly caughtUp: boolean;
  readonly lagMs: number;
  readonly pausedReason: string | null;
  readonly pausedEvent: string | null;
}

/** The columns of `projector_status` that make a report. */
export const REPORT_COLUMNS = [
  sql<number>`greatest(0, ${databaseNowMs} - said_at)`.as('silentMs'),
  'caught_up as caughtUp',
  'lag_ms as lagMs',
  'paused_reason as pausedReason',
  'paused_event as pausedEvent',
] as const;

/** The projector's last report in this snapshot, or undefined before its first. */
export async function hubReport(db: HubRead): Promise<HubReport | undefined> {
  return db.selectFrom('projector_status').select(REPORT_COLUMNS).executeTakeFirst();
}

/** Whether the tenant has runs that are queued or running. */
export async function hasActiveRuns(db: HubRead): Promise<boolean> {
  const active = await db
    .selectFrom('run_counters')
    .select('runs')
    .where('bucket', 'in', ['queued', 'running'])
    .where('runs', '>', 0)
    .limit(1)
    .executeTakeFirst();
  return active !== undefined;
}
