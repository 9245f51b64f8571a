import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';

/**
 * Tries to take the lock that lets one projector write while the others stand by. The lock belongs to the connection
 * that writes, and ends with it. It only avoids conflicts; the checkpoint's compare-and-set is what prevents two
 * writers.
 */
export async function tryLeaderLock(connection: Kysely<unknown>, schema: string): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`
    select pg_try_advisory_lock(hashtextextended(${lockName(schema)}, 0)) as taken`.execute(connection);
  return rows[0]?.taken ?? false;
}

/**
 * Releases the lock before the connection returns to its pool. A broken connection has released it already, so a
 * failure is only logged.
 */
export async function releaseLeaderLock(
  connection: Kysely<unknown>,
  schema: string,
  logger: Logger,
): Promise<void> {
  try {
    await sql`select pg_advisory_unlock(hashtextextended(${lockName(schema)}, 0))`.execute(connection);
  } catch (error) {
    logger.debug({ err: error }, 'the lock ended with its connection');
  }
}

const lockName = (schema: string): string => `opsledger projector of ${schema}`;
