import { type Kysely, sql } from 'kysely';

const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Throws an error with a sentence when `variable` leads to another database than `DATABASE_URL`. A standby of the same
 * server counts as the same. Where the server doesn't tell its identity, nothing is compared. Errors: those of both
 * databases.
 */
export async function assertSameDatabase<DB, Other>(
  db: Kysely<DB>,
  other: Kysely<Other>,
  variable: string,
): Promise<void> {
  const [expected, found] = [await identityOf(db), await identityOf(other)];
  if (expected === undefined || found === undefined || expected === found) return;
  throw new Error(
    `${variable} leads to another database than DATABASE_URL: both must name the same database of the same server.`,
  );
}

/** The server's and the database's identity, which a copy of the server's files shares. */
async function identityOf<DB>(db: Kysely<DB>): Promise<string | undefined> {
  try {
    const { rows } = await sql<{ identity: string }>`
      select system_identifier || ' ' || (select oid from pg_database where datname = current_database()) as identity
      from pg_control_system()`.execute(db);
    return rows[0]?.identity;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === INSUFFICIENT_PRIVILEGE) return undefined;
    throw error;
  }
}
