import type { DrainOuterGeneric, Kysely, QueryExecutorProvider } from 'kysely';

/**
 * Kysely without what writes, changes the schema or opens transactions, for pages. Raw SQL can be run on
 * it, and a common table expression still offers an INSERT: that neither can write is the database role's
 * part. This type's part is that nobody tries by accident.
 */
export interface ReadonlyKysely<DB>
  extends Pick<
      Kysely<DB>,
      'selectFrom' | 'selectNoFrom' | 'with' | 'withRecursive' | 'fn' | 'dynamic' | 'case'
    >,
    QueryExecutorProvider {
  withSchema(schema: string): ReadonlyKysely<DB>;
  /** The same with the types of further tables, such as those of a model that was given to the program. */
  withTables<Tables extends Record<string, object>>(): ReadonlyKysely<DrainOuterGeneric<DB & Tables>>;
}
