import { type Kysely, sql } from 'kysely';
import type { Clock } from '../clock.js';
import type { PrimaryTables } from './primary-tables.js';

/** Time between two queries for the other processes that work in a tenant. */
const LOOK_EVERY_MS = 10_000;
/** Older signs of life belong to runs that have ended or been lost. */
const ALIVE_WITHIN_S = 60;

/**
 * The share of a tenant's limits that this process may use: its own runs in the tenant divided by the runs of all
 * processes with signs of life there. It never waits: it returns the result of the last query, or 1 before the
 * first one.
 */
export function createTenantShares(deps: {
  readonly db: Kysely<PrimaryTables>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** The name that this process signs its runs with. */
  readonly worker: string;
}): (tenantId: string) => number {
  const known = new Map<string, { share: number; lookedAtMs: number }>();

  async function look(tenantId: string): Promise<number> {
    const { rows } = await sql<{ own: number; others: number }>`
      select count(*) filter (where worker = ${deps.worker})::integer as own,
        count(*) filter (where worker <> ${deps.worker})::integer as others
      from liveness.beats
      where tenant_id = ${tenantId}
        and beat_at > clock_timestamp() - make_interval(secs => ${ALIVE_WITHIN_S})`.execute(deps.db);
    const { own = 0, others = 0 } = rows[0] ?? {};
    // The run of this call counts even before its first sign of life.
    const counted = Math.max(1, own);
    return counted / (counted + others);
  }

  return (tenantId) => {
    const nowMs = deps.clock.monotonicMs();
    const last = known.get(tenantId) ?? { share: 1, lookedAtMs: Number.NEGATIVE_INFINITY };
    known.set(tenantId, last);
    if (nowMs - last.lookedAtMs >= LOOK_EVERY_MS) {
      last.lookedAtMs = nowMs;
      // While the database is away, the share doesn't change.
      look(tenantId).then(
        (share) => {
          last.share = share;
        },
        () => {},
      );
    }
    return last.share;
  };
}
