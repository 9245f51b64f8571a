import { type Kysely, sql } from 'kysely';

/**
 * Everything that a migration can change in a database, as rows that can be compared: schemas, relations, columns,
 * constraints, indexes, policies, functions, and all grants, including those of the database. The migrator's own schema
 * is left out.
 */
export async function catalogOf<DB>(db: Kysely<DB>): Promise<unknown[]> {
  const { rows } = await sql<{ item: unknown }>`
    with ours as (
      select oid, nspname, nspacl from pg_namespace
      where nspname !~ '^pg_' and nspname not in ('information_schema', 'opsledger_migrations')
    )
    select jsonb_build_array('database', datacl::text) as item from pg_database where datname = current_database()
    union all select jsonb_build_array('schema', nspname, nspacl::text) from ours
    union all
      select jsonb_build_array('relation', nspname, relname, relkind, relrowsecurity, relforcerowsecurity,
        relacl::text, reloptions::text)
      from pg_class join ours on ours.oid = relnamespace
    union all
      select jsonb_build_array('column', attrelid::regclass::text, attname, format_type(atttypid, atttypmod),
        attnotnull, attstorage, pg_get_expr(adbin, adrelid))
      from pg_attribute join pg_class on pg_class.oid = attrelid join ours on ours.oid = relnamespace
      left join pg_attrdef on adrelid = attrelid and adnum = attnum
      where attnum > 0 and not attisdropped
    union all
      select jsonb_build_array('constraint', conrelid::regclass::text, conname, pg_get_constraintdef(pg_constraint.oid))
      from pg_constraint join ours on ours.oid = connamespace
    union all
      select jsonb_build_array('index', indexrelid::regclass::text, pg_get_indexdef(indexrelid))
      from pg_index join pg_class on pg_class.oid = indexrelid join ours on ours.oid = relnamespace
    union all
      select jsonb_build_array('policy', polrelid::regclass::text, polname, polcmd, polroles::regrole[]::text,
        pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
      from pg_policy
    union all
      select jsonb_build_array('function', pg_proc.oid::regprocedure::text, proacl::text)
      from pg_proc join ours on ours.oid = pronamespace
    order by 1`.execute(db);
  return rows.map(({ item }) => item);
}
