import { type Kysely, sql } from 'kysely';
import type { Clock } from '../clock.js';
import type { PrimaryTables } from './primary-tables.js';

/** Between two looks at who else works in a tenant, while anybody asks. */
const LOOK_EVERY_MS = 10_000;
/** Older signs of life are of runs that have gone. */
const ALIVE_WITHIN_S = 60;

/**
 * Answers which part of what a tenant allows in all this process may use: its runs in the tenant among those of all
 * processes that leave signs of life there. Never waits: the answer is of the last look, 1 before the first.
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
    // A run that asks is there, also before its first sign of life.
    const counted = Math.max(1, own);
    return counted / (counted + others);
  }

  return (tenantId) => {
    const nowMs = deps.clock.monotonicMs();
    const last = known.get(tenantId) ?? { share: 1, lookedAtMs: Number.NEGATIVE_INFINITY };
    known.set(tenantId, last);
    if (nowMs - last.lookedAtMs >= LOOK_EVERY_MS) {
      last.lookedAtMs = nowMs;
      // Without the database the share stays what it was.
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
