import { type QueryExecutorProvider, sql } from 'kysely';
import type { LeaseStore } from '../liveness/lease.js';
import type { HeardPart, PartName, PartSigns } from '../liveness/part-signs.js';
import type { WaitingTimes } from '../liveness/waiting-times.js';

interface PartRow {
  readonly part: PartName;
  readonly name: string;
  readonly app_version: string;
  readonly types: string[] | null;
  readonly runs_in_hand: number | null;
  readonly trouble: string | null;
  readonly silent_ms: number;
}

const TABLES_WITH_AGE = [
  ['parts', 'said_at'],
  ['verdicts', 'said_at'],
  ['waits', 'said_at'],
  ['beats', 'beat_at'],
] as const;

/** Signs of life of parts, in `liveness.parts`. */
export function createPartSigns(db: QueryExecutorProvider): PartSigns {
  return {
    async say({ part, name, appVersion, types = null, runsInHand = null, trouble = null }) {
      await sql`
        insert into liveness.parts as known (part, name, app_version, types, runs_in_hand, trouble)
        values (${part}, ${name}, ${appVersion}, ${types}::text[], ${runsInHand}, ${trouble})
        on conflict (part, name) do update
          set app_version = excluded.app_version, types = excluded.types, runs_in_hand = excluded.runs_in_hand,
              trouble = excluded.trouble, said_at = excluded.said_at`.execute(db);
    },
    async leave(part, name) {
      await sql`delete from liveness.parts where part = ${part} and name = ${name}`.execute(db);
    },
    async heard() {
      const { rows } = await sql<PartRow>`
        select part, name, app_version, types, runs_in_hand, trouble,
               greatest(0, extract(epoch from clock_timestamp() - said_at) * 1000)::float8 as silent_ms
        from liveness.parts order by part, name`.execute(db);
      return rows.map(
        (row): HeardPart => ({
          part: row.part,
          name: row.name,
          appVersion: row.app_version,
          types: row.types ?? undefined,
          runsInHand: row.runs_in_hand ?? undefined,
          trouble: row.trouble ?? undefined,
          silentMs: row.silent_ms,
        }),
      );
    },
    async clearOld() {
      for (const [table, age] of TABLES_WITH_AGE)
        await sql`
          delete from ${sql.id('liveness', table)}
          where ${sql.id(age)} < clock_timestamp() - interval '1 day'`.execute(db);
    },
  };
}

/** Leases in `liveness.leases`. */
export function createLeaseStore(db: QueryExecutorProvider): LeaseStore {
  return {
    async look(name) {
      const { rows } = await sql<{ holder: string; turn: string }>`
        select holder, turn from liveness.leases where name = ${name}`.execute(db);
      const [row] = rows;
      return row && { holder: row.holder, turn: Number(row.turn) };
    },
    async take(name, holder, seen) {
      const { rows } = seen
        ? await sql`
            update liveness.leases set holder = ${holder}, turn = turn + 1
            where name = ${name} and holder = ${seen.holder} and turn = ${seen.turn} returning 1`.execute(db)
        : await sql`
            insert into liveness.leases (name, holder, turn) values (${name}, ${holder}, 1)
            on conflict do nothing returning 1`.execute(db);
      return rows.length > 0;
    },
    async giveUp(name, holder) {
      await sql`delete from liveness.leases where name = ${name} and holder = ${holder}`.execute(db);
    },
  };
}

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
