import type { RowSets } from './fold-batch.js';
import type { AnyModel } from './model.js';
import { keyOf } from './row-set.js';
import type { AnyTable, TableDefinition } from './table.js';

/** Runs whose rows are kept; those that were written longest ago are loaded again. */
const KEPT_ROWS_MAX = 4_000;

type Row = Record<string, unknown>;
type Table = TableDefinition<Row>;

/**
 * The rows that runs have one of in a table, kept from batch to batch while their run goes on, so that its next events
 * need not load them. They are those of the database as long as nobody else writes, which each batch proves by moving
 * the checkpoint from where the one before left it.
 */
export interface KeptRows {
  /** How a batch asks for a row: a kept one is handed to it, any other is to be loaded. */
  giveOrWant(rows: RowSets): RowSets['want'];
  /** Keeps the rows of a batch that was committed; `ended` are the runs that it has ended. */
  keep(rows: RowSets, ended: ReadonlySet<string>): void;
}

export function createKeptRows(models: readonly AnyModel[]): KeptRows {
  const tables = new Map<string, { readonly table: Table; rows: Map<string, Row> }>();
  for (const { table } of models)
    if (isOneForEachRun(table)) tables.set(table.name, { table: table as Table, rows: new Map() });
  return {
    giveOrWant: (batch) => (table, key) => {
      const row = tables.get(table.name)?.rows.get(keyOf(table as Table, key as Row));
      if (row) batch.of(table as Table).loaded([row]);
      else batch.want(table, key);
    },
    keep(batch, ended) {
      for (const { table, rows } of tables.values()) {
        const set = batch.of(table);
        for (const key of set.changes().deleted) rows.delete(keyOf(table, key));
        for (const row of set.present()) {
          const key = keyOf(table, row);
          rows.delete(key);
          if (!ended.has(String(row.run_id))) rows.set(key, row);
        }
        for (const key of rows.keys()) {
          if (rows.size <= KEPT_ROWS_MAX) break;
          rows.delete(key);
        }
      }
    },
  };
}

/** Whether a run has at most one row in a table, written whole, which its events look at again and again. */
const isOneForEachRun = ({ key, merge, onConflict }: AnyTable): boolean =>
  merge === undefined &&
  onConflict !== 'keep' &&
  key.includes('run_id') &&
  key.every((column) => column === 'tenant_id' || column === 'run_id');
