import { createEventChanges } from './event-changes.js';
import type { AnyModel, AnyRowSets } from './model.js';
import { type AnyRowSet, createRowSet, type RowSet, tableKeyOf } from './row-set.js';
import type { AnyTable, TableDefinition } from './table.js';

type Row = Record<string, unknown>;
type Table = TableDefinition<Row>;

/** Rows of a table that wait in memory, unwritten, until no event can change them. */
interface PendingRows {
  readonly table: AnyTable;
  readonly set: RowSet<Row>;
  /** Returns and forgets the rows that are now final. `endedRuns` are the runs that the last events ended. */
  release(endedRuns: readonly string[]): readonly Row[];
  releaseAll(): readonly Row[];
}

/** The row sets of a projection while a schema is filled from the beginning of the log. */
export interface FillingRows extends AnyRowSets {
  /** Row sets of tables whose rows any later event may change: they are loaded and written batch by batch. */
  readonly changing: readonly AnyRowSet[];
  readonly pending: readonly PendingRows[];
  all(): readonly AnyRowSet[];
  /** Requests a row of a table whose rows may change. */
  request(table: AnyTable, key: object): void;
  /** Notes that the database has no row with this key. */
  absent(table: AnyTable, key: object): void;
  /** Starts empty row sets for the tables whose rows may change, and keeps the pending rows. */
  renew(): FillingRows;
}

export function createFillingRows(
  models: readonly AnyModel[],
  pending: readonly PendingRows[] = pendingRowsOf(models),
): FillingRows {
  const changing = models
    .filter(({ finalAfter }) => finalAfter === undefined)
    .map(({ table }) => createRowSet(table as Table));
  const all: readonly RowSet<Row>[] = [...changing, ...pending.map(({ set }) => set)];
  const byName = new Map(all.map((set) => [set.table.name, set]));
  return {
    changing,
    pending,
    all: () => all,
    request: ({ name }, key) => byName.get(name)?.request(key as Row),
    absent: ({ name }, key) => byName.get(name)?.absent(key as Row),
    of<Wanted extends object>({ name }: TableDefinition<Wanted>): RowSet<Wanted> {
      const set: object | undefined = byName.get(name);
      if (!set) throw new TypeError(`the table ${name} belongs to no model of this projection`);
      return set as RowSet<Wanted>;
    },
    renew: () => createFillingRows(models, pending),
  };
}

function pendingRowsOf(models: readonly AnyModel[]): readonly PendingRows[] {
  return models.flatMap(({ table, finalAfter }) => {
    if (finalAfter === 'event') return [pendingUntilEventEnds(table as Table)];
    return finalAfter === 'run' ? [pendingUntilRunEnds(table as Table)] : [];
  });
}

const nothingToLoad = {
  request: () => undefined,
  absent: () => undefined,
  present: () => [],
  requested: () => [],
  loaded: () => undefined,
  changes: () => ({ put: [], deleted: [] }),
};

/** For rows that never change. Folds can see only the rows of the current event. */
function pendingUntilEventEnds(table: Table): PendingRows {
  let rows: Row[] = [];
  let ofEvent: Row[] = [];
  const find = (key: Partial<Row>) =>
    ofEvent.find((row) => tableKeyOf(table, row) === tableKeyOf(table, key));
  const releaseAll = () => {
    const released = rows;
    rows = [];
    ofEvent = [];
    return released;
  };
  const set: RowSet<Row> = {
    ...nothingToLoad,
    table,
    get: find,
    before: () => undefined,
    added: () => ofEvent,
    put(row) {
      rows.push(row);
      ofEvent.push(row);
    },
    delete() {
      throw new TypeError(`rows of ${table.name} are final, and one is deleted`);
    },
    beginEvent() {
      if (ofEvent.length > 0) ofEvent = [];
    },
  };
  return { table: table as AnyTable, set, release: releaseAll, releaseAll };
}

/** The columns of a table's key that differ between rows of one run. */
const columnsInRun = ({ key }: Table): readonly string[] =>
  key.filter((column) => column !== 'tenant_id' && column !== 'run_id');

/** Keeps the rows of each run until the run ends. An event changes rows of its own run only. */
function pendingUntilRunEnds(table: Table): PendingRows {
  const runs = new Map<unknown, Map<string, Row>>();
  const [first, ...others] = columnsInRun(table);
  const nameOf = (key: Partial<Row>): string => {
    let name = first === undefined ? '' : String(key[first]);
    for (const column of others) name += `\u0000${key[column]}`;
    return name;
  };
  const eventChanges = createEventChanges<Row>();
  let touchedRun: Map<string, Row> | undefined;
  const find = (key: Partial<Row>) => runs.get(key.run_id)?.get(nameOf(key));
  function change(given: Partial<Row>, row: Row | undefined): void {
    const name = nameOf(given);
    let rows = runs.get(given.run_id);
    if (!rows) {
      rows = new Map();
      runs.set(given.run_id, rows);
    }
    touchedRun = rows;
    eventChanges.note(name, rows.get(name));
    if (row) rows.set(name, row);
    else rows.delete(name);
  }
  const set: RowSet<Row> = {
    ...nothingToLoad,
    table,
    get: find,
    before: (given) => eventChanges.before(nameOf(given), find(given)),
    added: () => eventChanges.added((name) => touchedRun?.get(name)),
    put: (row) => change(row, row),
    delete: (key) => change(key, undefined),
    beginEvent: eventChanges.clear,
  };
  return {
    table: table as AnyTable,
    set,
    release(endedRuns) {
      const released: Row[] = [];
      for (const run of endedRuns) {
        for (const row of runs.get(run)?.values() ?? []) released.push(row);
        runs.delete(run);
      }
      return released;
    },
    releaseAll() {
      const released: Row[] = [];
      for (const rows of runs.values()) for (const row of rows.values()) released.push(row);
      runs.clear();
      return released;
    },
  };
}
