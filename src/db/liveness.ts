import { type Kysely, sql } from 'kysely';
import type { Liveness, Sign } from '../liveness/liveness.js';
import type { PrimaryTables } from './primary-tables.js';

/** Signs of life in `liveness.beats`: one row for each run, by the database's clock. */
export function createLiveness(db: Kysely<PrimaryTables>): Liveness {
  return {
    async beat(sign) {
      return (await write(db, sign)) ? 'noted' : 'superseded';
    },
    async beatAgain({ tenantId, runId, attempt, workerEnd }) {
      const { rows } = await sql`
        update liveness.beats set beat_at = clock_timestamp()
        where tenant_id = ${tenantId} and run_id = ${runId} and attempt = ${attempt}
          and right(worker, length(${workerEnd}::text)) = ${workerEnd}
        returning 1`.execute(db);
      return rows.length > 0;
    },
    async lastSigns(runs) {
      const asked = JSON.stringify(
        runs.map(({ tenantId, runId }) => ({ tenant_id: tenantId, run_id: runId })),
      );
      const { rows } = await sql<{ run_id: string; sign: string }>`
        select run_id, attempt || '@' || extract(epoch from beat_at) as sign
        from jsonb_to_recordset(${asked}::jsonb) as asked (tenant_id uuid, run_id text)
        join liveness.beats using (tenant_id, run_id)`.execute(db);
      return new Map(rows.map(({ run_id, sign }) => [run_id, sign]));
    },
    async recordSilence({ tenantId, runId, attempt, sign, silentMs }) {
      await sql`
        insert into liveness.verdicts (tenant_id, run_id, attempt, sign, silent_ms)
        values (${tenantId}, ${runId}, ${attempt}, ${sign}, ${silentMs})
        on conflict (tenant_id, run_id) do update
          set attempt = excluded.attempt, sign = excluded.sign, silent_ms = excluded.silent_ms,
              said_at = excluded.said_at`.execute(db);
    },
    async notedSilenceMs({ tenantId, runId, attempt }) {
      const { rows } = await sql<{ silent_ms: number }>`
        select silent_ms from liveness.verdicts left join liveness.beats using (tenant_id, run_id)
        where tenant_id = ${tenantId} and run_id = ${runId} and verdicts.attempt = ${attempt}
          and sign = coalesce(beats.attempt || '@' || extract(epoch from beat_at), '')`.execute(db);
      return rows[0]?.silent_ms ?? 0;
    },
    async probe() {
      await write(db, probeSign);
    },
    async forget(tenantId, runId) {
      for (const table of ['beats', 'verdicts'])
        await sql`
          delete from ${sql.id('liveness', table)} where tenant_id = ${tenantId} and run_id = ${runId}`.execute(
          db,
        );
    },
  };
}

/** A sign that belongs to no tenant and no run; writing it shows that signs can be written. */
const probeSign: Sign = {
  tenantId: '00000000-0000-0000-0000-000000000000',
  runId: 'probe',
  attempt: 0,
  worker: 'probe',
};

/** Writes a sign unless a later attempt of the run has written one. */
async function write(db: Kysely<PrimaryTables>, sign: Sign): Promise<boolean> {
  const { tenantId, runId, attempt, worker } = sign;
  const { rows } = await sql`
    insert into liveness.beats as known (tenant_id, run_id, attempt, worker)
    values (${tenantId}, ${runId}, ${attempt}, ${worker})
    on conflict (tenant_id, run_id) do update
      set attempt = excluded.attempt, worker = excluded.worker, beat_at = excluded.beat_at
      where known.attempt <= excluded.attempt
    returning 1`.execute(db);
  return rows.length > 0;
}
