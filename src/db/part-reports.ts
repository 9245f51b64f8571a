import { type QueryExecutorProvider, sql } from 'kysely';
import type { LastPartReport, PartName, PartReports } from '../liveness/part-reports.js';

interface PartRow {
  readonly part: PartName;
  readonly name: string;
  readonly app_version: string;
  readonly types: string[] | null;
  readonly runs_in_hand: number | null;
  readonly trouble: string | null;
  readonly silent_ms: number;
}

/**
 * Tables whose old rows are removed, with the column of their age. The columns keep their first names, because processes
 * of earlier versions write them as well.
 */
const TABLES_WITH_AGE = [
  ['parts', 'said_at'],
  ['verdicts', 'said_at'],
  ['waits', 'said_at'],
  ['beats', 'beat_at'],
] as const;

/** Reports of parts, in `liveness.parts`. */
export function createPartReports(db: QueryExecutorProvider): PartReports {
  return {
    async put({ part, name, appVersion, types = null, runsInHand = null, trouble = null }) {
      await sql`
        insert into liveness.parts as known (part, name, app_version, types, runs_in_hand, trouble)
        values (${part}, ${name}, ${appVersion}, ${types}::text[], ${runsInHand}, ${trouble})
        on conflict (part, name) do update
          set app_version = excluded.app_version, types = excluded.types, runs_in_hand = excluded.runs_in_hand,
              trouble = excluded.trouble, said_at = excluded.said_at`.execute(db);
    },
    async remove(part, name) {
      await sql`delete from liveness.parts where part = ${part} and name = ${name}`.execute(db);
    },
    async list() {
      const { rows } = await sql<PartRow>`
        select part, name, app_version, types, runs_in_hand, trouble,
               greatest(0, extract(epoch from clock_timestamp() - said_at) * 1000)::float8 as silent_ms
        from liveness.parts order by part, name`.execute(db);
      return rows.map(
        (row): LastPartReport => ({
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
