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

/** What is said of a projection; the rest follows from its models. */
export interface ProjectionDefinition {
  readonly name: string;
  /** In the order in which they fold an event. */
  readonly models: readonly AnyModel[];
  /** Tables that the engine itself writes, besides the models'. */
  readonly tables?: readonly AnyTable[];
  /**
   * Shortest time between the beginnings of two batches, unless the second is a full one, milliseconds. What comes
   * alone is in the rows at once; a stream of events costs a transaction for many instead of one for each.
   */
  readonly batchEveryMs: number;
  /** Whether live pages are told of its batches; nobody looks at rows that only loops read. */
  readonly isAnnounced: boolean;
  /** The `run_id` of a run that an event opens: no table holds rows of it yet. */
  readonly opens?: (event: RecordedEvent) => string | undefined;
  /** The `run_id` of a run that an event ends. */
  readonly ends?: (event: RecordedEvent) => string | undefined;
  /** Runs that an event says something of besides its own, for pages that show them. */
  readonly alsoRuns?: (event: RecordedEvent) => readonly string[];
  /**
   * Whether a stream's events change rows that no other stream's events look at, so that one which can't be
   * applied lets its stream wait and not the projection. `setAsideTable` must then be among the tables.
   */
  readonly setsAside?: (stream: string) => boolean;
}

/** A set of read models that share one schema, one checkpoint and one transaction a batch. */
export interface Projection extends ProjectionDefinition {
  /** Every table of the schema, the engine's own first. */
  readonly tables: readonly AnyTable[];
  /** The schema of the models: its name changes with every change of what they are made of or how. */
  readonly schema: string;
  /** The streams it reads, each ending in the hyphen after the category. */
  readonly streamPrefixes: readonly string[];
}

/** Digits of a schema's version: enough for no two versions of one installation to meet. */
const VERSION_DIGITS = 10;

/** Puts a projection together. Throws a TypeError when two models have one table. */
export function defineProjection(definition: ProjectionDefinition): Projection {
  const { name, models, tables = [] } = definition;
  const all = [checkpointTable, projectorStatusTable, ...models.map(({ table }) => table), ...tables];
  const names = new Set<string>();
  for (const table of all) {
    if (names.has(table.name)) throw new TypeError(`two models make the table ${table.name}`);
    names.add(table.name);
  }
  const version = sha256Hex(versionText(models, all)).slice(0, VERSION_DIGITS);
  return {
    ...definition,
    tables: all,
    schema: `${name}_${version}`,
    // The first event of a log tells every projection which ledger its rows come from.
    streamPrefixes: [...new Set([LEDGER_CATEGORY, ...categoriesOf(models)])].map(prefixOf),
  };
}

/** Everything that decides which rows a projection has, and who may read them. */
function versionText(models: readonly AnyModel[], tables: readonly AnyTable[]): string {
  return JSON.stringify([
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
}
