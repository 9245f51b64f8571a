import { CompiledQuery, type Kysely, sql } from 'kysely';
import { hubSchemaSql, tenantPolicySql } from '../../src/db/tenant-policy.js';
import type { Projection } from './projection.js';
import { type AnyTable, createTableSql } from './table.js';

/** Puts a schema first in the search path of a transaction, so that statements need not name it. */
export async function enterSchema(tx: Kysely<unknown>, schema: string): Promise<void> {
  // Losing the last commits in a crash of PostgreSQL is harmless here: rows and checkpoint are lost together.
  await sql`select set_config('search_path', ${`"${schema}"`}, true), set_config('synchronous_commit', 'off', true)`.execute(
    tx,
  );
}

/** Creates a projection's schema, tables, walls and checkpoint unless it exists. Answers whether it was made. */
export async function ensureSchema(
  db: Kysely<unknown>,
  projection: Projection,
  schema: string = projection.schema,
): Promise<boolean> {
  if (await schemaExists(db, schema)) return false;
  return db.transaction().execute(async (tx) => {
    await lockCreation(tx, schema);
    if (await schemaExists(tx, schema)) return false;
    const run = (statement: string) => tx.executeQuery(CompiledQuery.raw(statement));
    await run(`create schema "${schema}"`);
    await enterSchema(tx, schema);
    for (const statement of hubSchemaSql(schema)) await run(statement);
    for (const table of projection.tables) {
      for (const statement of createTableSql(table)) await run(statement);
      for (const statement of accessSql(schema, table)) await run(statement);
    }
    for (const { statements } of projection.models) for (const statement of statements) await run(statement);
    await sql`insert into checkpoint (projection, position, event_position, ledger_id, events, last_at)
      values (${projection.name}, -1, -1, '', 0, 0)`.execute(tx);
    return true;
  });
}

/** Keeps others from creating a schema of this name until the transaction ends. */
export async function lockCreation(tx: Kysely<unknown>, schema: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`create ${schema}`}, 0))`.execute(tx);
}

export async function schemaExists(db: Kysely<unknown>, schema: string): Promise<boolean> {
  const { rows } = await sql`select 1 from pg_namespace where nspname = ${schema}`.execute(db);
  return rows.length > 0;
}

function accessSql(schema: string, table: AnyTable): string[] {
  switch (table.access) {
    case 'tenant':
      return tenantPolicySql(schema, table.name);
    case 'everyone':
      return [`grant select on ${table.name} to opsledger_hub`];
    case 'nobody':
      return [];
  }
}
