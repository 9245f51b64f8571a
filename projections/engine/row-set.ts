import { createEventChanges } from './event-changes.js';
import type { AnyTable, TableDefinition } from './table.js';

/** A character that no stored text contains, so that two keys never join to the same text. */
const KEY_SEPARATOR = '\u0000';

/** A row's key as one text. */
export function tableKeyOf<Row extends object>({ key }: TableDefinition<Row>, row: Partial<Row>): string {
  const [first, ...others] = key;
  let text = String(first && row[first]);
  for (const column of others) text += KEY_SEPARATOR + String(row[column]);
  return text;
}

/** The rows of a model as other models may read them. */
export interface RowView<Row extends object> {
  /** A row that was loaded or put before; `key` has at least the columns of the key. */
  get(key: Partial<Row>): Row | undefined;
  /** The row as it was before the current event. */
  before(key: Partial<Row>): Row | undefined;
  /** The rows that the current event has added. */
  added(): readonly Row[];
}

/**
 * The rows of one table that a batch reads or changes. Folds use nothing else; `row-store.ts` loads the rows before
 * and writes the changes after.
 */
export interface RowSet<Row extends object> extends RowView<Row> {
  readonly table: TableDefinition<Row>;
  /** Inserts a row or replaces the one with the same key. */
  put(row: Row): void;
  delete(key: Partial<Row>): void;
  /** Must be called before each event is folded. */
  beginEvent(): void;
  /** Requests that the row of a key is loaded before the fold. */
  request(key: Partial<Row>): void;
  /** Notes that the database has no row with this key, so that none need be loaded or deleted. */
  absent(key: Partial<Row>): void;
  /** The rows in memory: loaded or put, and not deleted. */
  present(): Iterable<Row>;
  /** The requested keys, each once. */
  requested(): Iterable<Partial<Row>>;
  /**
   * Stores rows that were loaded from the database. They come as JSON, which can represent every column type of a
   * table.
   */
  loaded(rows: readonly unknown[]): void;
  /** The changes to write: rows in the order of their first change, and keys to delete. */
  changes(): { readonly put: readonly Row[]; readonly deleted: readonly Partial<Row>[] };
}

/** A row set of any table, for code that doesn't use the row type. */
export interface AnyRowSet {
  readonly table: AnyTable;
  beginEvent(): void;
  request(key: object): void;
  absent(key: object): void;
  present(): Iterable<object>;
  requested(): Iterable<object>;
  loaded(rows: readonly unknown[]): void;
  changes(): { readonly put: readonly object[]; readonly deleted: readonly object[] };
}

export function createRowSet<Row extends object>(table: TableDefinition<Row>): RowSet<Row> {
  const present = new Map<string, Row>();
  const changed = new Map<string, Partial<Row>>();
  const asked = new Map<string, Partial<Row>>();
  /** Keys that the database has no row for. */
  const missing = new Set<string>();
  const eventChanges = createEventChanges<Row>();

  function change(given: Partial<Row>, row: Row | undefined): void {
    const key = tableKeyOf(table, given);
    eventChanges.note(key, present.get(key));
    if (row) present.set(key, row);
    else present.delete(key);
    changed.set(key, given);
  }

  return {
    table,
    get: (given) => present.get(tableKeyOf(table, given)),
    before(given) {
      const key = tableKeyOf(table, given);
      return eventChanges.before(key, present.get(key));
    },
    added: () => eventChanges.added((key) => present.get(key)),
    put: (row) => change(row, row),
    delete: (key) => change(key, undefined),
    beginEvent: eventChanges.clear,
    request(row) {
      asked.set(tableKeyOf(table, row), row);
    },
    absent(row) {
      missing.add(tableKeyOf(table, row));
    },
    present: () => present.values(),
    requested: () => asked.values(),
    loaded(rows) {
      for (const row of rows as readonly Row[]) present.set(tableKeyOf(table, row), row);
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
