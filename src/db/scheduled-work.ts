import { type Kysely, sql } from 'kysely';
import type { PrimaryTables } from './primary-tables.js';

/**
 * Takes work that is due, so that no other process does it, and makes it due again after `everyMs`, even if this
 * process dies during the work. Work that has no row yet is due after `firstAfterMs`. Resolves to the position up to
 * which the last process read the log, or to undefined when the work isn't due.
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

/** Stores the position up to which the log is read; an earlier position is ignored. */
export async function saveReadPosition(
  db: Kysely<PrimaryTables>,
  name: string,
  position: number,
): Promise<void> {
  await db
    .updateTable('opsledger.scheduled_work')
    .set({ position })
    .where('name', '=', name)
    .where('position', '<', position)
    .execute();
}

/** Makes all recurring work read the log from its beginning. */
export async function readAnew(db: Kysely<PrimaryTables>): Promise<void> {
  await db.updateTable('opsledger.scheduled_work').set({ position: -1 }).execute();
}
