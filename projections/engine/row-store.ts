import { CompiledQuery, type Kysely } from 'kysely';
import type { AnyRowSet } from './row-set.js';
import { deleteSql, loadSql, upsertSql } from './table.js';

/** A transaction whose search path begins with the projection's schema. */
export type ProjectionTransaction = Pick<Kysely<unknown>, 'executeQuery'>;

/** Loads the requested rows of all the sets in one statement; runs none when no row was requested. */
export async function loadRequested(tx: ProjectionTransaction, sets: readonly AnyRowSet[]): Promise<void> {
  const asked = sets
    .map((set) => ({ set, keys: [...set.requested()] }))
    .filter(({ keys }) => keys.length > 0);
  if (asked.length === 0) return;
  const columns = asked.map(
    ({ set }, index) =>
      `(select coalesce(json_agg(found), '[]') from (${loadSql(set.table, index + 1)}) found) as set${index}`,
  );
  const { rows } = await tx.executeQuery<Record<string, unknown[]>>(
    CompiledQuery.raw(
      `select ${columns.join(', ')}`,
      asked.map(({ keys }) => JSON.stringify(keys)),
    ),
  );
  for (const [index, { set }] of asked.entries()) set.loaded(rows[0]?.[`set${index}`] ?? []);
}

/**
 * Writes the changes of all the sets in one statement. Its parts see the same snapshot and change different rows, so
 * their order doesn't matter.
 */
export async function writeChanges(tx: ProjectionTransaction, sets: readonly AnyRowSet[]): Promise<void> {
  const parts: string[] = [];
  const parameters: string[] = [];
  const add = (statement: (parameter: number) => string, rows: readonly object[]) => {
    if (rows.length === 0) return;
    parameters.push(JSON.stringify(rows));
    parts.push(`part${parameters.length} as (${statement(parameters.length)})`);
  };
  for (const { table, changes } of sets) {
    const { put, deleted } = changes();
    add((parameter) => deleteSql(table, parameter), deleted);
    add((parameter) => upsertSql(table, parameter), put);
  }
  if (parts.length === 0) return;
  await tx.executeQuery(CompiledQuery.raw(`with ${parts.join(', ')} select`, parameters));
}
