import type { TableDefinition } from './table.js';

/** Stands in no storable text, so that joined keys can't be mistaken for one another. */
const KEY_SEPARATOR = '\u0000';

/**
 * The rows of one table that a batch looks at or changes. Folds work on this alone; what is read before and
 * written after is somebody else's business (`row-store.ts`).
 */
export interface RowSet<Row extends object> {
  readonly table: TableDefinition<Row>;
  /** A row that was loaded or put before; `key` holds at least the key's columns. */
  get(key: Partial<Row>): Row | undefined;
  /** Inserts a row or takes the place of the one with the same key. */
  put(row: Row): void;
  delete(key: Partial<Row>): void;
  /** Asks for the row of a key to be loaded before the fold. */
  want(key: Partial<Row>): void;
  /** Keys asked for, each once. */
  wanted(): Iterable<Partial<Row>>;
  /** Takes rows in as they stand in the database; JSON carries every column type that a table may have. */
  loaded(rows: readonly unknown[]): void;
  /** Every row in the set, changed or not. */
  rows(): Iterable<Row>;
  /** What a flush has to write: rows in the order of their first change, and keys to delete. */
  changes(): { readonly put: readonly Row[]; readonly deleted: readonly Partial<Row>[] };
}

export function createRowSet<Row extends object>(table: TableDefinition<Row>): RowSet<Row> {
  const present = new Map<string, Row>();
  const changed = new Map<string, Partial<Row>>();
  const asked = new Map<string, Partial<Row>>();
  const keyOf = (row: Partial<Row>): string => table.key.map((column) => row[column]).join(KEY_SEPARATOR);

  return {
    table,
    get: (key) => present.get(keyOf(key)),
    put(row) {
      const key = keyOf(row);
      present.set(key, row);
      changed.set(key, row);
    },
    delete(row) {
      const key = keyOf(row);
      present.delete(key);
      changed.set(key, row);
    },
    want(row) {
      asked.set(keyOf(row), row);
    },
    wanted: () => asked.values(),
    loaded(rows) {
      for (const row of rows as readonly Row[]) present.set(keyOf(row), row);
    },
    rows: () => present.values(),
    changes() {
      const put: Row[] = [];
      const deleted: Partial<Row>[] = [];
      for (const [key, given] of changed) {
        const row = present.get(key);
        if (row) put.push(row);
        else deleted.push(given);
      }
      return { put, deleted };
    },
  };
}
