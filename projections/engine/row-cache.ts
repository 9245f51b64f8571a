import type { RowSets } from './fold-batch.js';
import type { AnyModel } from './model.js';
import { tableKeyOf } from './row-set.js';
import type { AnyTable, TableDefinition } from './table.js';

/** Rows of each table in the cache. The rows that were written longest ago are dropped beyond this number. */
const CACHED_ROWS_MAX = 4_000;

type Row = Record<string, unknown>;
type Table = TableDefinition<Row>;

/**
 * Rows of tables that have one row for each run, kept from batch to batch until the run ends, so that its next events
 * need not load them. They equal the database's rows as long as no other projector writes; each batch proves that by
 * moving the checkpoint from where the batch before left it.
 */
export interface RowCache {
  /** Makes the function that a batch requests rows with: it uses a row of the cache, and requests any other from the database. */
  reuseOrRequest(rows: RowSets): RowSets['request'];
  /** Keeps the rows of a committed batch; `ended` are the runs that the batch ended. */
  keep(rows: RowSets, ended: ReadonlySet<string>): void;
}

export function createRowCache(models: readonly AnyModel[]): RowCache {
  const tables = new Map<string, { readonly table: Table; rows: Map<string, Row> }>();
  for (const { table } of models)
    if (isOneForEachRun(table)) tables.set(table.name, { table: table as Table, rows: new Map() });
  return {
    reuseOrRequest: (batch) => (table, key) => {
      const row = tables.get(table.name)?.rows.get(tableKeyOf(table as Table, key as Row));
      if (row) batch.of(table as Table).loaded([row]);
      else batch.request(table, key);
    },
    keep(batch, ended) {
      for (const { table, rows } of tables.values()) {
        const set = batch.of(table);
        for (const key of set.changes().deleted) rows.delete(tableKeyOf(table, key));
        for (const row of set.present()) {
          const key = tableKeyOf(table, row);
          rows.delete(key);
          if (!ended.has(String(row.run_id))) rows.set(key, row);
        }
        for (const key of rows.keys()) {
          if (rows.size <= CACHED_ROWS_MAX) break;
          rows.delete(key);
        }
      }
    },
  };
}

/** Whether each run has at most one row in a table and each write replaces the whole row. */
const isOneForEachRun = ({ key, merge, onConflict }: AnyTable): boolean =>
  merge === undefined &&
  onConflict !== 'keep' &&
  key.includes('run_id') &&
  key.every((column) => column === 'tenant_id' || column === 'run_id');
