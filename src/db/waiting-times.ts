import { type QueryExecutorProvider, sql } from 'kysely';
import type { WaitingTimes } from '../liveness/waiting-times.js';

/** Waiting times in `liveness.waits`; each attempt of a run has its own. */
export function createWaitingTimes(db: QueryExecutorProvider): WaitingTimes {
  return {
    async add(runs) {
      if (runs.length === 0) return new Map();
      const added = JSON.stringify(
        runs.map(({ tenantId, runId, attempt, addedMs }) => ({
          tenant_id: tenantId,
          run_id: runId,
          attempt,
          waited_ms: addedMs,
        })),
      );
      const { rows } = await sql<{ run_id: string; waited_ms: number }>`
        insert into liveness.waits as known (tenant_id, run_id, attempt, waited_ms)
        select tenant_id, run_id, attempt, waited_ms
        from jsonb_to_recordset(${added}::jsonb)
          as added (tenant_id uuid, run_id text, attempt integer, waited_ms float8)
        on conflict (tenant_id, run_id) do update
          set attempt = excluded.attempt, said_at = excluded.said_at,
              waited_ms = excluded.waited_ms
                + case when known.attempt = excluded.attempt then known.waited_ms else 0 end
        returning run_id, waited_ms`.execute(db);
      return new Map(rows.map(({ run_id, waited_ms }) => [run_id, waited_ms]));
    },
  };
}
