import type { RecordedEvent } from '../../src/ledger/event-registry.js';
import type { ProjectionTransaction } from './row-store.js';
import type { AnyTable } from './table.js';

/** A set of read models that share one schema, one checkpoint and one transaction a batch. */
export interface Projection {
  readonly name: string;
  /** Raised with every change of tables or folds: another version is another schema, built from the log. */
  readonly version: number;
  /** The streams it reads, each ending in the hyphen after the category. */
  readonly streamPrefixes: readonly string[];
  readonly tables: readonly AnyTable[];
  /**
   * Shortest time between the beginnings of two batches, unless the second is a full one, milliseconds. What comes
   * alone is in the rows at once; a stream of events costs a transaction for many instead of one for each.
   */
  readonly batchEveryMs: number;
  /** Statements run once, after the tables exist, with the schema first in the search path. */
  readonly afterTables?: (schema: string) => readonly string[];
  /**
   * Whether a stream's events change rows that no other stream's events look at, so that one which can't be
   * applied lets its stream wait and not the projection. `setAsideTable` must then be among the tables.
   */
  readonly setsAside?: (stream: string) => boolean;
  /**
   * Writes what a batch changes. Rows may depend on the events and their order only. Called once for each
   * event, in order; cut points between batches must make no difference.
   */
  apply(events: readonly RecordedEvent[], tx: ProjectionTransaction): Promise<void>;
}

/** `hub_v1`: the schema that a version of a projection lives in. */
export const schemaOf = (projection: Pick<Projection, 'name' | 'version'>): string =>
  `${projection.name}_v${projection.version}`;
