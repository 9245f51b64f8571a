import { type Kysely, sql } from 'kysely';

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

/** Releases the lock before the connection returns to its pool. */
export async function releaseLeaderLock(connection: Kysely<unknown>, schema: string): Promise<void> {
  await sql`select pg_advisory_unlock(hashtextextended(${lockName(schema)}, 0))`.execute(connection);
}

const lockName = (schema: string): string => `opsledger projector of ${schema}`;
