import { type Kysely, sql } from 'kysely';
import type { PrimaryTables } from './primary-tables.js';

/**
 * Names of persons and of API tokens by id, also of revoked tokens. Unknown ids and forgotten persons are left out.
 */
export async function actorNames(
  db: Kysely<PrimaryTables>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('opsledger.persons')
    .select(['person_id as id', 'display_name as name'])
    .where(isOneOf('person_id', ids))
    .unionAll(
      db
        .selectFrom('opsledger.api_tokens')
        .select(['token_id as id', 'name'])
        .where(isOneOf('token_id', ids)),
    )
    .execute();
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** Whether a column has one of these ids. The list is one parameter, so that it may be of any length. */
const isOneOf = (column: string, ids: readonly string[]) =>
  sql<boolean>`${sql.ref(column)} = any(${ids}::uuid[])`;
