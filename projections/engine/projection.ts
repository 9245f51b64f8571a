import { sha256Hex } from '../../src/ledger/canonical-json.js';
import type { RecordedEvent } from '../../src/ledger/event-registry.js';
import { LEDGER_CATEGORY, prefixOf } from '../../src/ledger/streams.js';
import { type CheckpointRow, checkpointTable } from './checkpoint.js';
import { type AnyModel, categoriesOf } from './model.js';
import { type ProjectorStatusRow, projectorStatusTable } from './projector-status-table.js';
import { type AnyTable, createIndexesSql, createKeySql, createTableSql } from './table.js';

/** The tables that every projection has besides those of its models. */
export interface EngineTables {
  readonly checkpoint: CheckpointRow;
  readonly projector_status: ProjectorStatusRow;
}

/** The definition of a projection; `defineProjection` derives the rest from the models. */
export interface ProjectionDefinition {
  readonly name: string;
  /** In the order in which they fold an event. */
  readonly models: readonly AnyModel[];
  /** Tables that the engine writes, in addition to those of the models. */
  readonly tables?: readonly AnyTable[];
  /**
   * Shortest time between the starts of two batches, milliseconds; a full batch doesn't wait. A single event is
   * written at once, and many events in a row share transactions.
   */
  readonly batchEveryMs: number;
  /** Whether live pages are notified of its batches. Rows that no page reads need no notices. */
  readonly isAnnounced: boolean;
  /** The `run_id` of the run that an event opens: no table has rows of it yet. */
  readonly opens?: (event: RecordedEvent) => string | undefined;
  /** The `run_id` of the run that an event ends. */
  readonly ends?: (event: RecordedEvent) => string | undefined;
  /** Other runs whose pages show something of the event. */
  readonly alsoRuns?: (event: RecordedEvent) => readonly string[];
  /**
   * Whether only this stream's events change and read certain rows. Then the stream alone waits at an event that
   * can't be applied, and the projection goes on. Needs `setAsideTable` among the tables.
   */
  readonly setsAside?: (stream: string) => boolean;
}

/** Read models that share one schema, one checkpoint and one transaction for each batch. */
export interface Projection extends ProjectionDefinition {
  /** Every table of the schema, the engine's own first. */
  readonly tables: readonly AnyTable[];
  /** The schema of the tables. Its name changes whenever the tables or the folds change. */
  readonly schema: string;
  /** Prefixes of the streams that it reads: a category and a hyphen. */
  readonly streamPrefixes: readonly string[];
}

/** Digits of a schema's version, enough that two versions never have the same name. */
const VERSION_DIGITS = 10;

/** Completes a projection's definition. Throws a TypeError when two models have the same table. */
export function defineProjection(definition: ProjectionDefinition): Projection {
  const { name, models, tables = [] } = definition;
  const all = [checkpointTable, projectorStatusTable, ...models.map(({ table }) => table), ...tables];
  const names = new Set<string>();
  for (const table of all) {
    if (names.has(table.name)) throw new TypeError(`two models make the table ${table.name}`);
    names.add(table.name);
  }
  return {
    ...definition,
    tables: all,
    schema: `${name}_${modelsVersion(models, all)}`,
    // The ledger's first event is read by every projection: it says which ledger the rows come from.
    streamPrefixes: [...new Set([LEDGER_CATEGORY, ...categoriesOf(models)])].map(prefixOf),
  };
}

/** A digest of everything that decides which rows models and tables have and who may read them. */
export function modelsVersion(models: readonly AnyModel[], tables: readonly AnyTable[]): string {
  const text = JSON.stringify([
    tables.map((table) => [
      createTableSql(table),
      createKeySql(table),
      ...createIndexesSql(table),
      table.access,
      table.onConflict,
      table.merge,
    ]),
    models.map(({ foldVersion, wants, statements }) => [
      foldVersion,
      'categories' in wants ? wants.categories : wants.map(({ type }) => type),
      statements,
    ]),
  ]);
  return sha256Hex(text).slice(0, VERSION_DIGITS);
}
