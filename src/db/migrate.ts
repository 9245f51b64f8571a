import { type Kysely, type MigrationResultSet, Migrator, sql } from 'kysely';
import { allMigrations } from '../../migrations/all-migrations.js';
import { errorMessage } from '../wording/error-message.js';

/** A schema that can't be migrated to this program's version. The message is a sentence for people. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/** Attempts to list tables while other processes build read models. */
const ATTEMPTS_MAX = 10;

/** The hub's role needs GRANT … WITH SET, which PostgreSQL has since version 16. */
const SERVER_VERSION_MIN = 16;

/**
 * Migrates the schema to the newest version, all or nothing, and resolves to the names of the applied migrations.
 * Processes that start at the same time wait for each other on an advisory lock.
 */
export async function migrateToLatest<DB>(db: Kysely<DB>): Promise<string[]> {
  await refuseOldServer(db);
  for (let attempt = 1; ; attempt++) {
    const result = await migratorOf(db).migrateToLatest();
    if (attempt < ATTEMPTS_MAX && isOfPassingSchema(result.error)) continue;
    return applied(result);
  }
}

/**
 * Kysely lists the tables of all schemas before it migrates, and PostgreSQL answers `invalid_schema_name` or
 * `undefined_table` where another process has just removed or renamed one. A projector does that at the end of a
 * build.
 */
function isOfPassingSchema(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === '3F000' || code === '42P01';
}

/** Undoes the last `steps` migrations, one by default; resolves to their names, newest first. */
export async function migrateDown<DB>(db: Kysely<DB>, steps = 1): Promise<string[]> {
  const undone: string[] = [];
  for (let step = 0; step < steps; step += 1) undone.push(...applied(await migratorOf(db).migrateDown()));
  return undone;
}

function migratorOf<DB>(db: Kysely<DB>): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...allMigrations }) },
    migrationTableSchema: 'opsledger_migrations',
  });
}

function applied({ error, results = [] }: MigrationResultSet): string[] {
  if (error === undefined) return results.map(({ migrationName }) => migrationName);
  throw new MigrationError(sentenceOf(error, results), { cause: error });
}

function sentenceOf(error: unknown, results: NonNullable<MigrationResultSet['results']>): string {
  const message = errorMessage(error);
  if (message.startsWith('corrupted migrations'))
    return (
      'The database was migrated by another version of Opsledger, which this one does not know: ' +
      'start that version or a newer one.'
    );
  const failed = results.find(({ status }) => status === 'Error')?.migrationName;
  if (failed === '0003-hub-role')
    return (
      `The login of DATABASE_URL can't set up the role opsledger_hub (${message}): have an administrator run ` +
      '"create role opsledger_hub; grant opsledger_hub to <login> with inherit false, set true".'
    );
  return `The database could not be migrated${failed ? ` (${failed})` : ''}: ${message}`;
}

async function refuseOldServer<DB>(db: Kysely<DB>): Promise<void> {
  const { rows } = await sql<{
    version: string;
  }>`select current_setting('server_version') as version`.execute(db);
  const version = rows[0]?.version ?? 'unknown';
  if (Number.parseInt(version, 10) >= SERVER_VERSION_MIN) return;
  throw new MigrationError(
    `PostgreSQL ${version} is too old: Opsledger needs ${SERVER_VERSION_MIN} or newer.`,
  );
}
