import { type QueryExecutorProvider, sql } from 'kysely';
import type { Clock, ClockOffset } from '../clock.js';

/** Reads PostgreSQL's time between two readings of this machine's clock. Errors: those of the database. */
export async function measureClock(db: QueryExecutorProvider, clock: Clock): Promise<ClockOffset> {
  const before = clock.now();
  const { rows } = await sql<{ now_ms: number }>`
    select (extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms`.execute(db);
  const after = clock.now();
  return {
    offsetMs: Math.round((rows[0]?.now_ms ?? 0) - (before + after) / 2),
    uncertaintyMs: Math.ceil(Math.abs(after - before) / 2),
  };
}
