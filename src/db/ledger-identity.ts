import type { Kysely } from 'kysely';
import type { PlacedEvent } from '../ledger/event-store/read-one.js';
import type { PrimaryTables } from './primary-tables.js';

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
  const bound = await db
    .selectFrom('opsledger.ledger_identity')
    .select('ledger_id')
    .executeTakeFirstOrThrow();
  if (bound.ledger_id === ledgerId) return;
  throw new Error(
    `This database belongs to the ledger ${bound.ledger_id}, and the event store holds ${ledgerId}: ` +
      'check DATABASE_URL and EVENTSTORE_URL, or start with an empty database.',
  );
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
