import type { DrainOuterGeneric, Kysely, QueryExecutorProvider } from 'kysely';

/**
 * Kysely for pages, without the methods that write, change the schema or open transactions. The type prevents
 * accidental writes; raw SQL and an INSERT in a common table expression still compile, and the database role
 * refuses them.
 */
export interface ReadonlyKysely<DB>
  extends Pick<
      Kysely<DB>,
      'selectFrom' | 'selectNoFrom' | 'with' | 'withRecursive' | 'fn' | 'dynamic' | 'case'
    >,
    QueryExecutorProvider {
  withSchema(schema: string): ReadonlyKysely<DB>;
  /** The same with the types of further tables, such as those of a model from outside the product. */
  withTables<Tables extends Record<string, object>>(): ReadonlyKysely<DrainOuterGeneric<DB & Tables>>;
}
