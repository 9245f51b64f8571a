import type { Kysely } from 'kysely';
import type { PlacedEvent } from '../ledger/event-store/read-one.js';
import type { PrimaryTables } from './primary-tables.js';

/** The id of the log that this database is bound to; undefined before it is bound. */
export async function boundLedger(db: Kysely<PrimaryTables>): Promise<string | undefined> {
  const row = await db.selectFrom('opsledger.ledger_identity').select('ledger_id').executeTakeFirst();
  return row?.ledger_id;
}

/** What is wrong where a database is bound to another log than that of the event store. */
export const foreignLogText = (bound: string, existing: string): string =>
  `This database belongs to the ledger ${bound}, and the event store holds ${existing}: ` +
  'check DATABASE_URL and EVENTSTORE_URL, or start with an empty database.';

/**
 * Binds this database to the log `ledgerId`, permanently on first use. Throws an error with a sentence when it is
 * bound to another log, because artifacts, people and read models belong to one log.
 */
export async function bindLedger(db: Kysely<PrimaryTables>, ledgerId: string): Promise<void> {
  await db
    .insertInto('opsledger.ledger_identity')
    .values({ ledger_id: ledgerId })
    .onConflict((conflict) => conflict.column('singleton').doNothing())
    .execute();
  const bound = await boundLedger(db);
  if (bound === undefined) throw new Error('The row that names the ledger of this database is gone.');
  if (bound !== ledgerId) throw new Error(foreignLogText(bound, ledgerId));
}

/** The newest event that a process has seen of this database's log; undefined before the first. */
export async function newestSeenEvent(db: Kysely<PrimaryTables>): Promise<PlacedEvent | undefined> {
  const row = await db
    .selectFrom('opsledger.ledger_identity')
    .select(['seen_commit', 'seen_prepare', 'seen_event'])
    .executeTakeFirst();
  if (row?.seen_commit == null || row.seen_prepare === null || row.seen_event === null) return undefined;
  return { commit: row.seen_commit, prepare: row.seen_prepare, id: row.seen_event };
}

/** Stores an event of this database's log, unless a newer one is stored already. */
export async function storeSeenEvent(
  db: Kysely<PrimaryTables>,
  { commit, prepare, id }: PlacedEvent,
): Promise<void> {
  await db
    .updateTable('opsledger.ledger_identity')
    .set({ seen_commit: commit, seen_prepare: prepare, seen_event: id })
    .where(({ eb, or }) => or([eb('seen_commit', 'is', null), eb('seen_commit', '<', commit)]))
    .execute();
}

/** Stores an event of this database's log in place of the one that was seen before, which may be newer. */
export async function replaceSeenEvent(
  db: Kysely<PrimaryTables>,
  { commit, prepare, id }: PlacedEvent,
): Promise<void> {
  await db
    .updateTable('opsledger.ledger_identity')
    .set({ seen_commit: commit, seen_prepare: prepare, seen_event: id })
    .execute();
}
