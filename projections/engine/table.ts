import { type AnyColumns, type Column, columnSql, type RowOfColumns } from './columns.js';

/**
 * A table of a read model: its row type, DDL, upsert and key look-up all follow from one definition. A statement
 * takes any number of rows as one JSON array.
 */

/**
 * Who may read: `tenant` tables have row level security, the hub reads `everyone` tables without it, and the hub
 * can't read `nobody` tables.
 */
export type TableAccess = 'tenant' | 'everyone' | 'nobody';

/** What a second write with the same key does: `replace` all columns, or `keep` the existing row. */
export type ConflictRule = 'replace' | 'keep';

/** Exceptions to `replace` for one column: `sum` adds to the existing value, `first` keeps it. */
export type MergeRule = 'sum' | 'first';

export interface TableDefinition<Row extends object, Name extends string = string> {
  readonly name: Name;
  readonly columns: { readonly [Name in keyof Row]-?: Column<Row[Name]> };
  readonly key: readonly (keyof Row & string)[];
  /** The text after `on <table>`: `(tenant_id, position desc)`. */
  readonly indexes?: readonly string[];
  readonly access: TableAccess;
  readonly onConflict?: ConflictRule;
  readonly merge?: { readonly [Name in keyof Row]?: MergeRule };
}

/** Any table, for code that doesn't use the row type. */
export interface AnyTable {
  readonly name: string;
  readonly columns: AnyColumns;
  readonly key: readonly string[];
  readonly indexes?: readonly string[];
  readonly access: TableAccess;
  readonly onConflict?: ConflictRule;
  readonly merge?: Readonly<Record<string, MergeRule | undefined>>;
}

/** The row type of a table. */
export type RowOf<Table> = Table extends TableDefinition<infer Row> ? Row : never;

/** Declares a table. Its row type follows from its columns. */
export function defineTable<const Name extends string, Columns extends AnyColumns>(
  definition: Pick<AnyTable, 'indexes' | 'access' | 'onConflict'> & {
    readonly name: Name;
    readonly columns: Columns;
    readonly key: readonly (keyof Columns & string)[];
    readonly merge?: { readonly [Column in keyof Columns]?: MergeRule };
  },
): TableDefinition<RowOfColumns<Columns>, Name>;
export function defineTable(definition: AnyTable): AnyTable {
  return definition;
}

/** The statement that creates a table without key and indexes in the schema that is first in the search path. */
export function createTableSql(table: AnyTable): string {
  const columns = Object.entries(table.columns).map(([name, column]) => columnSql(name, column));
  // Rows are updated often, and free space in a page lets the new version of a row be stored beside the old one.
  return `create table ${table.name} (\n  ${columns.join(',\n  ')}\n) with (fillfactor = 90)`;
}

/** The statement that gives a table its key. */
export const createKeySql = (table: AnyTable): string =>
  `alter table ${table.name} add primary key (${table.key.join(', ')})`;

/** The statements that create the indexes of a table. */
export const createIndexesSql = (table: AnyTable): string[] =>
  (table.indexes ?? []).map((index) => `create index on ${table.name} ${index}`);

function recordset(table: AnyTable, columns: readonly string[], parameter: number): string {
  const list = columns.map((column) => `${column} ${table.columns[column]?.type}`);
  return `json_to_recordset($${parameter}::json) as given(${list.join(', ')})`;
}

/** One statement that writes any number of rows. Parameter number `parameter` is their JSON array. */
export function upsertSql(table: AnyTable, parameter = 1): string {
  const columns = Object.keys(table.columns);
  const rest = columns.filter((column) => !table.key.includes(column));
  const insert = `insert into ${table.name} (${columns.join(', ')}) select ${columns.join(', ')} from ${recordset(table, columns, parameter)}`;
  const target = `on conflict (${table.key.join(', ')})`;
  const assignments = rest.flatMap((column) => assignment(table, column));
  if (table.onConflict === 'keep' || assignments.length === 0) return `${insert} ${target} do nothing`;
  return `${insert} ${target} do update set ${assignments.join(', ')}`;
}

function assignment(table: AnyTable, column: string): string[] {
  switch (table.merge?.[column]) {
    case 'first':
      return [];
    case 'sum':
      return [`${column} = ${table.name}.${column} + excluded.${column}`];
    case undefined:
      return [`${column} = excluded.${column}`];
  }
}

/** Reads the rows whose keys are in the parameter's JSON array. */
export function loadSql(table: AnyTable, parameter = 1): string {
  const columns = Object.keys(table.columns).map((column) => `${table.name}.${column}`);
  return `select ${columns.join(', ')} from ${table.name} join ${recordset(table, table.key, parameter)} using (${table.key.join(', ')})`;
}

/** Deletes the rows whose keys are in the parameter's JSON array. */
export function deleteSql(table: AnyTable, parameter = 1): string {
  const same = table.key.map((column) => `${table.name}.${column} = given.${column}`);
  return `delete from ${table.name} using ${recordset(table, table.key, parameter)} where ${same.join(' and ')}`;
}
