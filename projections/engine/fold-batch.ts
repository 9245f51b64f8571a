import type { RecordedEvent } from '../../src/ledger/event-registry.js';
import type { AnyModel, AnyRowSets } from './model.js';
import type { Projection } from './projection.js';
import type { RowCache } from './row-cache.js';
import { type AnyRowSet, createRowSet, type RowSet } from './row-set.js';
import { loadRequested, type ProjectionTransaction, writeChanges } from './row-store.js';
import type { AnyTable, TableDefinition } from './table.js';

/** The row sets of a projection's models. */
export interface RowSets extends FoldedRows, RowRequests {}

/** Requests for rows that are made before events are folded. */
export interface RowRequests {
  /** Asks for a row of a table to be loaded before the fold. */
  request(table: AnyTable, key: object): void;
  /** Notes that the database has no row with this key. */
  absent(table: AnyTable, key: object): void;
}

/** Empty row sets for models. */
export function createRowSets(models: readonly AnyModel[]): RowSets {
  const sets = new Map<string, AnyRowSet>();
  for (const { table } of models)
    sets.set(table.name, createRowSet(table as TableDefinition<Record<string, unknown>>));
  const all = [...sets.values()];
  return {
    all: () => all,
    request: ({ name }, key) => sets.get(name)?.request(key),
    absent: ({ name }, key) => sets.get(name)?.absent(key),
    of<Row extends object>({ name }: TableDefinition<Row>): RowSet<Row> {
      const set: object | undefined = sets.get(name);
      if (!set) throw new TypeError(`the table ${name} belongs to no model of this projection`);
      return set as RowSet<Row>;
    },
  };
}

/** Requests the rows that folding the events reads. The database has no rows of a run that the events open. */
export function requestRows(
  { models, opens }: Pick<Projection, 'models' | 'opens'>,
  events: readonly RecordedEvent[],
  rows: RowRequests,
): void {
  const opened = new Set<string>();
  for (const event of events) {
    const run = opens?.(event);
    if (run !== undefined) opened.add(run);
    for (const model of modelsFor(models, event))
      for (const key of model.keysFor(event))
        if ('run_id' in key && opened.has(String(key.run_id))) rows.absent(model.table, key);
        else rows.request(model.table, key);
  }
}

/** Folds an event into the rows of every model that wants it, in the order of the models. */
export function foldEvent(models: readonly AnyModel[], event: RecordedEvent, rows: FoldedRows): void {
  for (const set of rows.all()) set.beginEvent();
  for (const model of modelsFor(models, event)) model.apply(event, rows);
}

const wanting = new WeakMap<readonly AnyModel[], Map<string, readonly AnyModel[]>>();

/** The models that want events of this type, found once for each type. Events of one type are all in one category. */
function modelsFor(models: readonly AnyModel[], event: RecordedEvent): readonly AnyModel[] {
  let byType = wanting.get(models);
  if (!byType) {
    byType = new Map();
    wanting.set(models, byType);
  }
  let found = byType.get(event.type);
  if (!found) {
    found = models.filter((model) => model.isWanted(event));
    byType.set(event.type, found);
  }
  return found;
}

/** The row sets that events are folded into. */
export interface FoldedRows extends AnyRowSets {
  all(): readonly AnyRowSet[];
}

/**
 * Writes the changes of a batch of events, in a transaction that has entered the schema: loads the rows that the
 * folds read and that the cache lacks, folds the events, and writes the changed rows. Resolves to the
 * row sets after that. The rows are the same wherever batches begin and end.
 */
export async function applyBatch(
  projection: Pick<Projection, 'models' | 'opens'>,
  events: readonly RecordedEvent[],
  tx: ProjectionTransaction,
  cache?: RowCache,
): Promise<RowSets> {
  const rows = createRowSets(projection.models);
  const wanted = cache ? { ...rows, request: cache.reuseOrRequest(rows) } : rows;
  requestRows(projection, events, wanted);
  await loadRequested(tx, rows.all());
  for (const event of events) foldEvent(projection.models, event, rows);
  await writeChanges(tx, rows.all());
  return rows;
}

/** The runs that events end. */
export function endedBy(
  { ends }: Pick<Projection, 'ends'>,
  events: readonly RecordedEvent[],
): ReadonlySet<string> {
  const ended = new Set<string>();
  for (const event of events) {
    const run = ends?.(event);
    if (run !== undefined) ended.add(run);
  }
  return ended;
}
