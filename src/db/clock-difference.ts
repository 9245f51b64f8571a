import { type QueryExecutorProvider, sql } from 'kysely';
import type { Clock } from '../clock.js';

/** How this machine's wall clock and PostgreSQL's differ. */
export interface ClockDifference {
  /** PostgreSQL's time minus this machine's, milliseconds. */
  readonly differenceMs: number;
  /** What the measuring itself may be wrong by: half of the time that the question took. */
  readonly uncertainMs: number;
}

/** Beyond this, times that people read are wrong. */
const NOTICED_MS = 1_000;
/** Beyond this, requests with deadlines of one machine may be refused by another. */
const WRONG_MS = 5_000;

/** Asks PostgreSQL for its time between two looks at this machine's. Errors: those of the database. */
export async function measureClock(db: QueryExecutorProvider, clock: Clock): Promise<ClockDifference> {
  const before = clock.now();
  const { rows } = await sql<{ now_ms: number }>`
    select (extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms`.execute(db);
  const after = clock.now();
  return {
    differenceMs: Math.round((rows[0]?.now_ms ?? 0) - (before + after) / 2),
    uncertainMs: Math.ceil(Math.abs(after - before) / 2),
  };
}

/** How much of a difference counts, and what to do about it, in words. */
export function clockInWords({ differenceMs, uncertainMs }: ClockDifference): {
  readonly state: 'ok' | 'noticed' | 'wrong';
  readonly words: string;
} {
  const side = differenceMs > 0 ? 'behind' : 'ahead of';
  const certainMs = Math.abs(differenceMs) - uncertainMs;
  if (certainMs <= NOTICED_MS) return { state: 'ok', words: 'agrees with PostgreSQL’s' };
  const words = `is ${(Math.abs(differenceMs) / 1000).toFixed(1)} s ${side} PostgreSQL’s: set both by NTP (chrony, systemd-timesyncd)`;
  return { state: certainMs > WRONG_MS ? 'wrong' : 'noticed', words };
}
