import { CompiledQuery, type Kysely, type RawBuilder, sql } from 'kysely';
import { hubSchemaSql, tenantPolicySql } from '../../src/db/tenant-policy.js';
import type { CheckpointRow } from './checkpoint.js';
import type { Projection } from './projection.js';
import { type AnyTable, createIndexesSql, createKeySql, createTableSql } from './table.js';

/** Puts a schema first in the search path of a transaction, so that statements need not name it. */
export async function enterSchema(tx: Kysely<unknown>, schema: string): Promise<void> {
  // If PostgreSQL crashes, the last commits may be lost; rows and checkpoint are then lost together and written
  // again.
  await sql`select set_config('search_path', ${`"${schema}"`}, true), set_config('synchronous_commit', 'off', true)`.execute(
    tx,
  );
}

/** Creates a projection's schema for live batches, unless it exists. Resolves to whether it was created. */
export async function ensureSchema(
  db: Kysely<unknown>,
  projection: Projection,
  schema: string = projection.schema,
): Promise<boolean> {
  if (await schemaExists(db, schema)) return false;
  return db.transaction().execute(async (tx) => {
    await lockCreation(tx, schema);
    if (await schemaExists(tx, schema)) return false;
    await createBareTables(tx, projection, schema);
    await runTogether(tx, [
      ...projection.tables.flatMap((table) => [
        ...finishSql(schema, table),
        finishedSql(`table ${table.name}`),
      ]),
      ...hubSchemaSql(schema),
      ...statementsOf(projection),
      finishedSql(`schema "${schema}"`),
    ]);
    await insertCheckpoint(tx, firstCheckpoint(projection));
    return true;
  });
}

/**
 * Creates a schema and its tables without keys, indexes and access rules, in a transaction. Only the owner can read
 * it.
 */
export async function createBareTables(
  tx: Kysely<unknown>,
  projection: Projection,
  schema: string,
): Promise<void> {
  await run(tx, [`create schema "${schema}"`]);
  await enterSchema(tx, schema);
  await runTogether(tx, projection.tables.map(createTableSql));
}

/** Gives some tables their key before they get rows, in a transaction that has entered the schema. */
export async function keySchemaTables(
  tx: Kysely<unknown>,
  { tables }: Projection,
  keyed: ReadonlySet<string>,
): Promise<void> {
  await runTogether(tx, tables.filter(({ name }) => keyed.has(name)).map(createKeySql));
}

/** The statements that give a filled table its key, its indexes and its access rules. */
const finishSql = (schema: string, table: AnyTable): string[] => [
  createKeySql(table),
  ...createIndexesSql(table),
  ...accessSql(schema, table),
];

const statementsOf = ({ models }: Projection): string[] => models.flatMap(({ statements }) => statements);

/** The comment that marks a finished table or schema in PostgreSQL's catalog. */
const FINISHED = 'finished';
const finishedSql = (what: string): string => `comment on ${what} is '${FINISHED}'`;

/**
 * Gives the tables of a filled schema their keys, indexes and access rules, each table in its own transaction, so
 * that the call can be repeated after a crash. `keyed` are the tables that already have their key.
 */
export async function finishSchema(
  db: Kysely<unknown>,
  projection: Projection,
  schema: string,
  keyed: ReadonlySet<string>,
): Promise<void> {
  const finish = async (what: string, isDone: RawBuilder<unknown>, statements: readonly string[]) =>
    db.transaction().execute(async (tx) => {
      await enterSchema(tx, schema);
      const { rows } = await sql<{ mark: string | null }>`select ${isDone} as mark`.execute(tx);
      if (rows[0]?.mark === FINISHED) return;
      await sql`select set_config('maintenance_work_mem', ${MAINTENANCE_MEMORY}, true),
        set_config('statement_timeout', '0', true)`.execute(tx);
      await run(tx, [...statements, finishedSql(what)]);
    });
  for (const table of projection.tables) {
    const statements = finishSql(schema, table).slice(keyed.has(table.name) ? 1 : 0);
    const isDone = sql`obj_description(${`"${schema}".${table.name}`}::regclass, 'pg_class')`;
    await finish(`table ${table.name}`, isDone, [...statements, `analyze ${table.name}`]);
  }
  const isDone = sql`obj_description(${`"${schema}"`}::regnamespace, 'pg_namespace')`;
  await finish(`schema "${schema}"`, isDone, [...hubSchemaSql(schema), ...statementsOf(projection)]);
}

/** Memory that PostgreSQL may use to sort the entries of one index. */
const MAINTENANCE_MEMORY = '128MB';

/** The checkpoint of an empty schema. */
export const firstCheckpoint = ({ name }: Projection): CheckpointRow => ({
  projection: name,
  position: -1,
  event_position: -1,
  ledger_id: '',
  events: 0,
  last_at: 0,
});

/** Writes a schema's first checkpoint, in a transaction that has entered it. */
export async function insertCheckpoint(tx: Kysely<unknown>, row: CheckpointRow): Promise<void> {
  const { projection, position, event_position, ledger_id, events, last_at } = row;
  await sql`insert into checkpoint (projection, position, event_position, ledger_id, events, last_at)
    values (${projection}, ${position}, ${event_position}, ${ledger_id}, ${events}, ${last_at})`.execute(tx);
}

async function run(tx: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await tx.executeQuery(CompiledQuery.raw(statement));
}

/** Sends statements that take no time, such as those about empty tables, together; waiting for each would. */
async function runTogether(tx: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  await tx.executeQuery(CompiledQuery.raw(statements.join(';\n')));
}

/** Keeps other transactions from creating a schema of this name until this one ends. */
export async function lockCreation(tx: Kysely<unknown>, schema: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`create ${schema}`}, 0))`.execute(tx);
}

/** Whether the database has the schema. */
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
