import { type Kysely, type QueryExecutorProvider, sql } from 'kysely';
import type { Logger } from 'pino';
import type { Clock } from '../../src/clock.js';
import { dropSchema, nextSchemaName } from './build-schema.js';
import { releaseLeaderLock, tryLeaderLock } from './leader-lock.js';
import type { Projection } from './projection.js';
import { databaseNowMs } from './projector-status-table.js';

/** Rows of another version are dropped when no projector has written them for this long, milliseconds. */
const KEPT_MS = 24 * 3_600_000;

type NamedProjection = Pick<Projection, 'name' | 'schema'>;

/** Other versions of a projection whose rows can be read, the one furthest in the log first. */
export async function otherVersions(
  db: QueryExecutorProvider,
  { name, schema }: NamedProjection,
): Promise<readonly string[]> {
  const found = (await schemasLike(db, `^${name}_[0-9a-z]+$`)).filter((other) => other !== schema);
  const read = found.map(async (other) => ({ schema: other, position: await positionOf(db, other) }));
  return (await Promise.all(read))
    .filter(({ position }) => position >= 0)
    .sort((one, other) => other.position - one.position)
    .map((other) => other.schema);
}

async function schemasLike(db: QueryExecutorProvider, pattern: string): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select n.nspname as name from pg_namespace n
    join pg_class c on c.relnamespace = n.oid and c.relname = 'checkpoint'
    where n.nspname ~ ${pattern} and has_schema_privilege(n.oid, 'usage')`.execute(db);
  return rows.map(({ name }) => name);
}

async function positionOf(db: QueryExecutorProvider, schema: string): Promise<number> {
  const { rows } = await sql<{ position: number }>`
    select position from ${sql.id(schema, 'checkpoint')}`.execute(db);
  return rows[0]?.position ?? -1;
}

interface DropParts {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Drops interrupted builds, and versions that no projector has written for a day. Until then a user can return to an
 * earlier version, and processes that still run it find their rows.
 */
export async function dropOldVersions(
  connection: Kysely<unknown>,
  { name, schema }: NamedProjection,
  parts: DropParts,
): Promise<void> {
  for (const left of await schemasLike(connection, `^${name}_[0-9a-z]+_(next|replaced)$`))
    if (left !== nextSchemaName(schema)) await dropUnlessHeld(connection, left, parts);
  for (const version of await schemasLike(connection, `^${name}_[0-9a-z]+$`)) {
    if (version === schema) continue;
    const { rows } = await sql<{ silent_ms: number }>`
      select ${databaseNowMs} - said_at as silent_ms from ${sql.id(version, 'projector_status')}`.execute(
      connection,
    );
    if ((rows[0]?.silent_ms ?? KEPT_MS) >= KEPT_MS) await dropUnlessHeld(connection, version, parts);
  }
}

/**
 * Drops every version of projections, also unfinished ones, so that projectors build them again. Resolves false, and
 * drops nothing, when a projector holds the lock of one of them. The locks last as long as the connection.
 */
export async function dropAllVersions(
  connection: Kysely<unknown>,
  projections: readonly Pick<Projection, 'name'>[],
  clock: Clock,
): Promise<boolean> {
  const schemas: string[] = [];
  for (const { name } of projections)
    schemas.push(...(await schemasLike(connection, `^${name}_[0-9a-z]+(_next|_replaced)?$`)));
  for (const schema of schemas) if (!(await tryLeaderLock(connection, schema))) return false;
  for (const schema of schemas) await dropSchema(connection, schema, clock);
  return true;
}

async function dropUnlessHeld(
  connection: Kysely<unknown>,
  schema: string,
  { clock, logger }: DropParts,
): Promise<void> {
  if (!(await tryLeaderLock(connection, schema))) return;
  try {
    await dropSchema(connection, schema, clock);
  } finally {
    await releaseLeaderLock(connection, schema, logger);
  }
}
