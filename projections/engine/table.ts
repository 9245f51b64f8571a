/**
 * A read model's table, written down once: its DDL, its upsert and its key look-up all come from here. Rows
 * travel as one JSON array a statement, whatever their number.
 */

/** Times (milliseconds since 1970, UTC) and positions are `bigint`; counts are `integer`. */
export type ColumnType = 'uuid' | 'text' | 'text[]' | 'bigint' | 'integer' | 'boolean' | 'json' | 'jsonb';

type Nullness<Value> = null extends Value ? 'null' : 'not null';
export type ColumnSpec<Value> = `${ColumnType} ${Nullness<Value>}`;

/**
 * Who may read: `tenant` is behind row level security, `everyone` is readable by the hub as it is, `nobody` is
 * out of the hub's reach.
 */
export type TableAccess = 'tenant' | 'everyone' | 'nobody';

/** What a second write under the same key does: `replace` all columns, or `keep` the row that is there. */
export type ConflictRule = 'replace' | 'keep';

/** Exceptions to `replace` for one column: `sum` adds to what is there, `first` keeps what is there. */
export type MergeRule = 'sum' | 'first';

export interface TableDefinition<Row extends object> {
  readonly name: string;
  readonly columns: { readonly [Column in keyof Row]-?: ColumnSpec<Row[Column]> };
  readonly key: readonly (keyof Row & string)[];
  /** What follows `on <table>`: `(tenant_id, position desc)`. */
  readonly indexes?: readonly string[];
  readonly access: TableAccess;
  readonly onConflict?: ConflictRule;
  readonly merge?: { readonly [Column in keyof Row]?: MergeRule };
}

/** Any table, for code that doesn't care about its rows. */
export interface AnyTable {
  readonly name: string;
  readonly columns: Readonly<Record<string, string>>;
  readonly key: readonly string[];
  readonly indexes?: readonly string[];
  readonly access: TableAccess;
  readonly onConflict?: ConflictRule;
  readonly merge?: Readonly<Record<string, MergeRule | undefined>>;
}

/** Names a table's row type, which can't be inferred from the column list. */
export function defineTable<Row extends object>(definition: TableDefinition<Row>): TableDefinition<Row> {
  return definition;
}

const typeOf = (spec: string): string => spec.replace(/ (not )?null$/, '');

/** The statements that create a table and its indexes in the schema that is first in the search path. */
export function createTableSql(table: AnyTable): string[] {
  const columns = Object.entries(table.columns).map(([name, spec]) => `${name} ${spec}`);
  const body = [...columns, `primary key (${table.key.join(', ')})`].join(',\n  ');
  // A hot row is updated with every batch: room in its page keeps the new version beside the old.
  const create = `create table ${table.name} (\n  ${body}\n) with (fillfactor = 90)`;
  return [create, ...(table.indexes ?? []).map((index) => `create index on ${table.name} ${index}`)];
}

function recordset(table: AnyTable, columns: readonly string[], parameter: number): string {
  const list = columns.map((column) => `${column} ${typeOf(table.columns[column] ?? 'text')}`);
  return `json_to_recordset($${parameter}::json) as given(${list.join(', ')})`;
}

/** One statement that writes any number of rows; parameter number `parameter` is their JSON array. */
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
