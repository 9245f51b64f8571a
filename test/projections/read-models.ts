import { CompiledQuery, type Kysely, sql } from 'kysely';
import type { Projector } from '../../projections/engine/projector.js';
import type { createMemoryLog } from '../support/memory-log.js';

/** How long a test waits for a position before it fails. */
const ARRIVAL_MS_MAX = 120_000;

/** Tables of a schema, from the catalog. */
export async function tablesIn<DB>(db: Kysely<DB>, schema: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = ${schema} order by 1`.execute(db);
  return rows.map(({ name }) => name);
}

/** Columns that don't depend on events alone: the log is read beyond the last event that was applied. */
const NOT_DERIVED: Readonly<Record<string, readonly string[]>> = { checkpoint: ['position'] };

/** Every row and column of a schema that depends on events, as text, by table. */
export async function dumpSchema<DB>(db: Kysely<DB>, schema: string): Promise<Record<string, string[]>> {
  const dump: Record<string, string[]> = {};
  for (const table of await tablesIn(db, schema)) {
    if (table === 'projector_status') continue;
    const left = (NOT_DERIVED[table] ?? []).map((column) => ` - '${column}'`).join('');
    const text = `select (to_jsonb(t)${left})::text as row from "${schema}"."${table}" t order by 1`;
    const { rows } = await db.executeQuery<{ row: string }>(CompiledQuery.raw(text));
    dump[table] = rows.map(({ row }) => row);
  }
  return dump;
}

/** Waits until the rows contain every event of the log. Throws with the projector's status when they don't. */
export async function arrive(projector: Projector, log: ReturnType<typeof createMemoryLog>): Promise<void> {
  const head = await log.head();
  if (await projector.waitFor(head, { timeoutMs: ARRIVAL_MS_MAX })) return;
  throw new Error(`position ${head} did not arrive: ${JSON.stringify(projector.status())}`);
}
