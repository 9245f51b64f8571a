/** The columns that a table can have. Each gives its SQL type and its TypeScript type. */

/** Times (milliseconds since 1970, UTC) and positions are `bigint`; counts are `integer`. */
export type ColumnType =
  | 'uuid'
  | 'text'
  | 'text collate "C"'
  | 'text[]'
  | 'bigint'
  | 'integer'
  | 'boolean'
  | 'json'
  | 'jsonb';

declare const valueType: unique symbol;

/** A column whose values are of the TypeScript type `Value`. */
export interface Column<Value> {
  readonly type: ColumnType;
  readonly nullable: boolean;
  /** Used by the type checker only; no column has it at run time. */
  readonly [valueType]?: Value;
}

export type AnyColumns = Readonly<Record<string, Column<unknown>>>;

/** The row type of a set of columns. */
export type RowOfColumns<Columns extends AnyColumns> = {
  readonly [Name in keyof Columns]: Columns[Name] extends Column<infer Value> ? Value : never;
};

const column = <Value>(type: ColumnType): Column<Value> => ({ type, nullable: false });

export const uuid = (): Column<string> => column('uuid');
export const text = <Value extends string = string>(): Column<Value> => column('text');
/** Text that is ordered by its bytes, whatever the database's locale. */
export const bytewiseText = (): Column<string> => column('text collate "C"');
export const textList = (): Column<readonly string[]> => column('text[]');
export const bigint = (): Column<number> => column('bigint');
export const integer = (): Column<number> => column('integer');
export const boolean = (): Column<boolean> => column('boolean');
/** JSON that is kept exactly as it was written, for values that are only copied and never searched. */
export const json = <Value extends object>(): Column<Value> => column('json');
/** JSON in PostgreSQL's own form, for values that queries search. */
export const jsonb = <Value extends object>(): Column<Value> => column('jsonb');

/** The same column, but it may be null. */
export const nullable = <Value>({ type }: Column<Value>): Column<Value | null> => ({ type, nullable: true });

/** A column's definition in `create table`. */
export const columnSql = (name: string, { type, nullable }: Column<unknown>): string =>
  `${name} ${type}${nullable ? ' null' : ' not null'}`;
