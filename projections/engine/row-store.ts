import { CompiledQuery, type Kysely } from 'kysely';
import type { RowSet } from './row-set.js';
import { type AnyTable, deleteSql, loadSql, upsertSql } from './table.js';

/** A transaction whose search path begins with the projection's schema. */
export type ProjectionTransaction = Pick<Kysely<unknown>, 'executeQuery'>;

interface TableStatements {
  readonly load: string;
  readonly upsert: string;
  readonly delete: string;
}

const statements = new WeakMap<AnyTable, TableStatements>();

function statementsOf(table: AnyTable): TableStatements {
  const known = statements.get(table);
  if (known) return known;
  const made = { load: loadSql(table), upsert: upsertSql(table), delete: deleteSql(table) };
  statements.set(table, made);
  return made;
}

/** Loads the rows that were asked for; one statement, none when nothing was. */
export async function loadWanted<Row extends object>(
  tx: ProjectionTransaction,
  set: RowSet<Row>,
): Promise<void> {
  const keys = [...set.wanted()];
  if (keys.length === 0) return;
  const { rows } = await tx.executeQuery<Row>(
    CompiledQuery.raw(statementsOf(set.table).load, [JSON.stringify(keys)]),
  );
  set.loaded(rows);
}

/** Writes what changed: at most one delete and one upsert. */
export async function writeChanges<Row extends object>(
  tx: ProjectionTransaction,
  set: RowSet<Row>,
): Promise<void> {
  const { put, deleted } = set.changes();
  const { upsert, delete: remove } = statementsOf(set.table);
  if (deleted.length > 0) await tx.executeQuery(CompiledQuery.raw(remove, [JSON.stringify(deleted)]));
  if (put.length > 0) await tx.executeQuery(CompiledQuery.raw(upsert, [JSON.stringify(put)]));
}
