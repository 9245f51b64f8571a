import type { Kysely } from 'kysely';
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
