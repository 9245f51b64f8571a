import { type Kysely, sql } from 'kysely';
import type { Chance } from '../clock.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import { RevisionConflictError } from '../ledger/event-log.js';
import { EMPTY_HEAD, type Ledger } from '../ledger/ledger.js';
import { LEDGER_STREAM } from '../ledger/streams.js';

/** The log and the database don't belong together. */
export class ForeignLedgerError extends Error {
  override readonly name = 'ForeignLedgerError';
}

/**
 * The ledger's id, from its first event, which is written if the log is empty. The database remembers it: a
 * database that belongs to another log stops the program before anything is mixed. Errors: ForeignLedgerError.
 */
export async function identifyLedger(
  ledger: Ledger,
  db: Kysely<PrimaryTables>,
  chance: Chance,
): Promise<string> {
  const remembered = await db.selectFrom('opsledger.ledger_identity').select('ledger_id').executeTakeFirst();
  const ledgerId =
    (await existingId(ledger)) ?? (await createLedgerId(ledger, remembered?.ledger_id, chance));
  if (!remembered)
    await db
      .insertInto('opsledger.ledger_identity')
      .values({ ledger_id: ledgerId })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  else if (remembered.ledger_id !== ledgerId)
    throw new ForeignLedgerError(
      `The database belongs to the log ${remembered.ledger_id}, but the event store holds the log ${ledgerId}. ` +
        'Point DATABASE_URL and EVENTSTORE_URL at servers that belong together.',
    );
  return ledgerId;
}

async function existingId(ledger: Ledger): Promise<string | undefined> {
  for await (const event of ledger.read(LEDGER_STREAM, { maxCount: 1 }))
    if (event.type === 'LedgerCreated') return event.data.ledgerId;
  return undefined;
}

async function createLedgerId(
  ledger: Ledger,
  remembered: string | undefined,
  chance: Chance,
): Promise<string> {
  if (remembered !== undefined)
    throw new ForeignLedgerError(
      `The database belongs to the log ${remembered}, but the event store is empty. ` +
        'Restore the event store, or start with an empty database.',
    );
  const ledgerId = chance.uuid();
  try {
    await ledger.append(LEDGER_STREAM, EMPTY_HEAD, [{ type: 'LedgerCreated', data: { ledgerId } }], {
      actor: { kind: 'system', id: 'start' },
      correlationId: ledgerId,
      causationId: ledgerId,
    });
    return ledgerId;
  } catch (error) {
    if (!(error instanceof RevisionConflictError)) throw error;
    const others = await existingId(ledger);
    if (others === undefined) throw error;
    return others;
  }
}

/** Whether the database answers, for the health page. */
export async function databaseAnswers(db: Kysely<PrimaryTables>): Promise<void> {
  await sql`select 1`.execute(db);
}
