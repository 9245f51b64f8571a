import type { AnyTable, TableDefinition } from './table.js';

/** Stands in no storable text, so that joined keys can't be mistaken for one another. */
const KEY_SEPARATOR = '\u0000';

/** A row's key as one text. */
export function keyOf<Row extends object>({ key }: TableDefinition<Row>, row: Partial<Row>): string {
  const [first, ...others] = key;
  let text = String(first && row[first]);
  for (const column of others) text += KEY_SEPARATOR + String(row[column]);
  return text;
}

/** The rows of a model as other models may look at them. */
export interface RowView<Row extends object> {
  /** A row that was loaded or put before; `key` holds at least the key's columns. */
  get(key: Partial<Row>): Row | undefined;
  /** The row as it was before the event that is being folded. */
  before(key: Partial<Row>): Row | undefined;
  /** The rows that the event being folded has added. */
  added(): readonly Row[];
}

/**
 * The rows of one table that a batch looks at or changes. Folds work on this alone; what is read before and
 * written after is somebody else's business (`row-store.ts`).
 */
export interface RowSet<Row extends object> extends RowView<Row> {
  readonly table: TableDefinition<Row>;
  /** Inserts a row or takes the place of the one with the same key. */
  put(row: Row): void;
  delete(key: Partial<Row>): void;
  /** The next event is about to be folded. */
  beginEvent(): void;
  /** Asks for the row of a key to be loaded before the fold. */
  want(key: Partial<Row>): void;
  /** Says that the database holds no row under a key, so that none need be loaded or deleted. */
  absent(key: Partial<Row>): void;
  /** The rows that are at hand now: loaded, or put and not deleted. */
  present(): Iterable<Row>;
  /** Keys asked for, each once. */
  wanted(): Iterable<Partial<Row>>;
  /** Takes rows in as they stand in the database; JSON carries every column type that a table may have. */
  loaded(rows: readonly unknown[]): void;
  /** What a flush has to write: rows in the order of their first change, and keys to delete. */
  changes(): { readonly put: readonly Row[]; readonly deleted: readonly Partial<Row>[] };
}

/** A row set of any table, for code that doesn't care about its rows. */
export interface AnyRowSet {
  readonly table: AnyTable;
  beginEvent(): void;
  want(key: object): void;
  absent(key: object): void;
  present(): Iterable<object>;
  wanted(): Iterable<object>;
  loaded(rows: readonly unknown[]): void;
  changes(): { readonly put: readonly object[]; readonly deleted: readonly object[] };
}

export function createRowSet<Row extends object>(table: TableDefinition<Row>): RowSet<Row> {
  const present = new Map<string, Row>();
  const changed = new Map<string, Partial<Row>>();
  const asked = new Map<string, Partial<Row>>();
  /** Keys that no row of the database has. */
  const missing = new Set<string>();
  /** What the event being folded has touched, as it was before. */
  const touched = new Map<string, Row | undefined>();

  function change(given: Partial<Row>, row: Row | undefined): void {
    const key = keyOf(table, given);
    if (!touched.has(key)) touched.set(key, present.get(key));
    if (row) present.set(key, row);
    else present.delete(key);
    changed.set(key, given);
  }

  return {
    table,
    get: (given) => present.get(keyOf(table, given)),
    before(given) {
      const key = keyOf(table, given);
      return touched.has(key) ? touched.get(key) : present.get(key);
    },
    added() {
      const rows: Row[] = [];
      for (const [key, before] of touched) {
        const row = before === undefined ? present.get(key) : undefined;
        if (row) rows.push(row);
      }
      return rows;
    },
    put: (row) => change(row, row),
    delete: (key) => change(key, undefined),
    beginEvent() {
      if (touched.size > 0) touched.clear();
    },
    want(row) {
      asked.set(keyOf(table, row), row);
    },
    absent(row) {
      missing.add(keyOf(table, row));
    },
    present: () => present.values(),
    wanted: () => asked.values(),
    loaded(rows) {
      for (const row of rows as readonly Row[]) present.set(keyOf(table, row), row);
    },
    changes() {
      const put: Row[] = [];
      const deleted: Partial<Row>[] = [];
      for (const [key, given] of changed) {
        const row = present.get(key);
        if (row) put.push(row);
        else if (!missing.has(key)) deleted.push(given);
      }
      return { put, deleted };
    },
  };
}
