import type { AnyEventDefinition, RecordedEvent, RecordedOf } from '../../src/ledger/event-registry.js';
import type { RowSet, RowView } from './row-set.js';
import type { AnyTable, RowOf, TableDefinition } from './table.js';

/** All events of some categories of streams, of every feature. */
export interface EveryEventOf {
  readonly categories: readonly string[];
}

/** For models of all events of some categories of streams, whatever their types. */
export const everyEventOf = (...categories: readonly string[]): EveryEventOf => ({ categories });

/** The events that a model folds: some event types, or all events of some categories of streams. */
export type Wants = readonly AnyEventDefinition[] | EveryEventOf;

/** The events that a model is given. */
export type WantedEvent<W extends Wants> = W extends readonly AnyEventDefinition[]
  ? RecordedOf<W[number]>
  : RecordedEvent;

/** Returns the rows of another model. Models earlier in the list have already folded the event. */
export type RowsOf = <Row extends object>(table: TableDefinition<Row>) => RowView<Row>;

/** Set for rows that have their own pages: the kind of their ids, and the column of the id. */
export interface Addressed<Column extends string> {
  readonly kind: string;
  readonly column: Column;
}

/**
 * When a row is final, so that no later event changes or reads it: `event`, once the event that made it is folded, or
 * `run`, once its run (`run_id`) has ended. A build writes final rows once and forgets them.
 */
export type FinalAfter = 'event' | 'run';

/** A read model of any rows, as a projection sees it. */
export interface AnyModel {
  readonly table: AnyTable;
  /** Raised when the fold makes different rows from the same events. */
  readonly foldVersion: number;
  readonly wants: Wants;
  /** Statements that are run once the table exists, with its schema first in the search path. */
  readonly statements: readonly string[];
  readonly finalAfter?: FinalAfter | undefined;
  /** Set when the rows have their own pages. */
  readonly addressed?: Addressed<string> | undefined;
  isWanted(event: RecordedEvent): boolean;
  /** The keys of this model's rows that folding a wanted event reads. */
  keysFor(event: RecordedEvent): Iterable<object>;
  /** Folds an event that the model wants. */
  apply(event: RecordedEvent, rows: AnyRowSets): void;
}

/** A read model: one table and the fold that makes its rows. */
export interface Model<Row extends object, Name extends string = string> extends Omit<AnyModel, 'table'> {
  readonly table: TableDefinition<Row, Name>;
}

/** The row sets of all the models of a projection, by their tables. */
export interface AnyRowSets {
  of<Row extends object>(table: TableDefinition<Row>): RowSet<Row>;
}

export interface ModelDefinition<Row extends object, Name extends string, W extends Wants> {
  readonly table: TableDefinition<Row, Name>;
  /** 1 by default. Raise it when the fold makes different rows from the same events. */
  readonly foldVersion?: number;
  readonly wants: W;
  /** Left out where any later event may change a row. */
  readonly finalAfter?: FinalAfter;
  /**
   * Set when the rows have their own pages, so that an id of another tenant and an unknown one get different answers.
   */
  readonly addressed?: Addressed<keyof Row & string>;
  /** The keys of this model's rows that the fold reads; left out for a fold that only adds rows. */
  readonly keys?: (event: WantedEvent<W>) => Iterable<Partial<Row>>;
  /**
   * Changes the model's rows. They may depend only on the events and their order, never on a clock or on chance.
   * `rowsOf` gives the rows of other models; those before this one in the list have already folded the event.
   */
  readonly fold: (event: WantedEvent<W>, rows: RowSet<Row>, rowsOf: RowsOf) => void;
  /** Statements that are run once the table exists. */
  readonly statements?: readonly string[];
}

/** Declares a read model. The types of its rows and events follow from `table` and `wants`. */
export function defineModel<Row extends object, const Name extends string, const W extends Wants>(
  definition: ModelDefinition<Row, Name, W>,
): Model<Row, Name> {
  const { table, wants, addressed, finalAfter, keys, fold, foldVersion = 1, statements = [] } = definition;
  return {
    table,
    foldVersion,
    wants,
    statements,
    addressed,
    finalAfter,
    isWanted: wantedBy(wants),
    keysFor: (event) => keys?.(event as WantedEvent<W>) ?? [],
    apply: (event, rows) => fold(event as WantedEvent<W>, rows.of(table), (other) => rows.of(other)),
  };
}

function wantedBy(wants: Wants): (event: RecordedEvent) => boolean {
  if ('categories' in wants) {
    const prefixes = wants.categories.map((category) => `${category}-`);
    return ({ stream }) => prefixes.some((prefix) => stream.startsWith(prefix));
  }
  const types = new Set(wants.map(({ type }) => type));
  return ({ type }) => types.has(type);
}

/** The tables of models, by name, as pages read them. */
export type TablesOf<Models extends readonly AnyModel[]> = {
  readonly [M in Models[number] as M['table']['name']]: RowOf<M['table']>;
};

/** The categories of the streams whose events the models want, each once. */
export function categoriesOf(models: readonly AnyModel[]): readonly string[] {
  const categories = models.flatMap(({ wants }) =>
    'categories' in wants ? wants.categories : wants.map(({ category }) => category),
  );
  return [...new Set(categories)].sort();
}
