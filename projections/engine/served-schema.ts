import { type QueryExecutorProvider, sql } from 'kysely';
import type { Projection } from './projection.js';
import type { AnyTable } from './table.js';
import { otherVersions } from './versions.js';

/** Which schema pages read. */
export interface ServedSchema {
  /**
   * The schema of this program's version once it is built. Before that, the other version that is furthest in the log
   * and whose columns have the types that this program expects; undefined when there is none.
   */
  current(db: QueryExecutorProvider): Promise<string | undefined>;
  /** Makes the next call choose again, because a read found no schema or table. */
  forget(): void;
}

/** Chooses the schema that pages read. It queries the catalog until the program's own schema exists. */
export function createServedSchema(projection: Pick<Projection, 'name' | 'schema' | 'tables'>): ServedSchema {
  const own = projection.schema;
  let isBuilt = false;
  return {
    async current(db) {
      if (isBuilt) return own;
      const { rows } = await sql<{ built: boolean }>`
        select exists (select from pg_namespace where nspname = ${own}) as built`.execute(db);
      isBuilt = rows[0]?.built ?? false;
      if (isBuilt) return own;
      for (const version of await otherVersions(db, projection))
        if (await canRead(db, version, projection.tables)) return version;
      return undefined;
    },
    forget() {
      isBuilt = false;
    },
  };
}

/** A column's type in the catalog's form, which keeps the collation in another column. */
const withoutCollation = (type: string): string => type.replace(/ collate .*$/, '');

/**
 * Whether the columns that a schema shares with the tables have the same types. A missing column fails when it is
 * read.
 */
async function canRead(
  db: QueryExecutorProvider,
  schema: string,
  tables: readonly AnyTable[],
): Promise<boolean> {
  const { rows } = await sql<{ table: string; name: string; type: string }>`
    select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid and c.relkind = 'r'
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schema} and a.attnum > 0 and not a.attisdropped`.execute(db);
  const wanted = new Map(
    tables.flatMap(({ name: table, columns }) =>
      Object.entries(columns).map(
        ([name, { type }]) => [`${table}.${name}`, withoutCollation(type)] as const,
      ),
    ),
  );
  return rows.every(({ table, name, type }) => (wanted.get(`${table}.${name}`) ?? type) === type);
}
