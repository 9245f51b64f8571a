import { type Kysely, sql } from 'kysely';
import type { PrimaryTables } from './primary-tables.js';

/**
 * Takes work that is due, for this process alone, and makes it due again after `everyMs`: also when this process
 * dies in the middle of it. Work that is new here is due after `firstAfterMs`. Resolves to how far the log was read by whoever did it last, or to undefined when it
 * isn't due.
 */
export async function takeDueWork(
  db: Kysely<PrimaryTables>,
  name: string,
  everyMs: number,
  firstAfterMs = 0,
): Promise<{ readonly position: number } | undefined> {
  await db
    .insertInto('opsledger.scheduled_work')
    .values({ name, due_at: sql<Date>`now() + ${firstAfterMs} * interval '1 millisecond'` })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  return db
    .updateTable('opsledger.scheduled_work')
    .set({ due_at: sql<Date>`now() + ${everyMs} * interval '1 millisecond'` })
    .where('name', '=', name)
    .where('due_at', '<=', sql<Date>`now()`)
    .returning('position')
    .executeTakeFirst();
}

/** Notes how far the log is read; never back. */
export async function noteReadTo(db: Kysely<PrimaryTables>, name: string, position: number): Promise<void> {
  await db
    .updateTable('opsledger.scheduled_work')
    .set({ position })
    .where('name', '=', name)
    .where('position', '<', position)
    .execute();
}
