import type { Kysely } from 'kysely';
import { personsMax } from './persons.js';
import type { PrimaryTables } from './primary-tables.js';

/**
 * Names of persons and of API tokens by id, also of revoked tokens; unknown ids and forgotten persons are left out.
 * At most 500 ids. Errors: RangeError.
 */
export async function actorNames(
  db: Kysely<PrimaryTables>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length > personsMax) throw new RangeError(`At most ${personsMax} actors at once.`);
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('opsledger.persons')
    .select(['person_id as id', 'display_name as name'])
    .where('person_id', 'in', [...ids])
    .unionAll(
      db
        .selectFrom('opsledger.api_tokens')
        .select(['token_id as id', 'name'])
        .where('token_id', 'in', [...ids]),
    )
    .execute();
  return new Map(rows.map(({ id, name }) => [id, name]));
}
