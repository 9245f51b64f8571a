import type { QueryExecutorProvider } from 'kysely';
import type { Clock } from '../clock.js';
import { measureClock } from '../db/clock-difference.js';
import { isClockWrong } from '../ledger/clock-check.js';

/**
 * The time by PostgreSQL's clock, milliseconds since 1970, so that due times come at the same moment for all
 * processes. Errors: those of the database; a plain Error when that clock and this machine's differ so much that one
 * of them must be wrong.
 */
export async function databaseTime(db: QueryExecutorProvider, clock: Clock): Promise<number> {
  const difference = await measureClock(db, clock);
  if (isClockWrong(difference))
    throw new Error(
      `this machine’s clock and PostgreSQL’s differ by ${Math.round(Math.abs(difference.offsetMs) / 1000)} s; schedules start nothing until both are set by NTP (chrony, systemd-timesyncd)`,
    );
  return clock.now() + difference.offsetMs;
}
