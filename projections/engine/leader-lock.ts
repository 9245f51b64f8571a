import { type Kysely, sql } from 'kysely';

/**
 * The courtesy between projectors: whoever holds the lock writes, the others stand by. It lives and dies with
 * the connection, which is also the one that writes. The fence is the checkpoint's compare-and-set.
 */
export async function tryLeaderLock(connection: Kysely<unknown>, schema: string): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`
    select pg_try_advisory_lock(hashtextextended(${lockName(schema)}, 0)) as taken`.execute(connection);
  return rows[0]?.taken ?? false;
}

/** Lets the lock go before the connection returns to its pool. */
export async function releaseLeaderLock(connection: Kysely<unknown>, schema: string): Promise<void> {
  await sql`select pg_advisory_unlock(hashtextextended(${lockName(schema)}, 0))`.execute(connection);
}

const lockName = (schema: string): string => `opsledger projector of ${schema}`;
