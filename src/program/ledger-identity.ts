import type { Kysely } from 'kysely';
import type { Chance } from '../clock.js';
import { bindLedger } from '../db/ledger-identity.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import { RevisionConflictError } from '../ledger/event-log.js';
import { isEvent } from '../ledger/event-registry.js';
import type { Ledger } from '../ledger/ledger.js';
import { LedgerCreated } from '../ledger/ledger-events.js';
import { EMPTY_HEAD } from '../ledger/stream-head.js';
import { LEDGER_STREAM } from '../ledger/streams.js';

/** The database belongs to a log that the event store doesn't have any more. */
class ForeignLedgerError extends Error {
  override readonly name = 'ForeignLedgerError';
}

/**
 * The ledger's id, read from its first event, which is appended if the log is empty. The database stores the id
 * too; if it belongs to another log, the program stops before it mixes data of two logs. Then the log must hold what
 * was seen of it before. Errors: ForeignLedgerError, that of `bindLedger`, and HistoryChangedError.
 */
export async function identifyLedger(
  ledger: Ledger,
  db: Kysely<PrimaryTables>,
  chance: Chance,
): Promise<string> {
  const bound = await db.selectFrom('opsledger.ledger_identity').select('ledger_id').executeTakeFirst();
  const ledgerId = (await existingId(ledger)) ?? (await createLedgerId(ledger, bound?.ledger_id, chance));
  await bindLedger(db, ledgerId);
  await ledger.log.head();
  return ledgerId;
}

async function existingId(ledger: Ledger): Promise<string | undefined> {
  for await (const event of ledger.read(LEDGER_STREAM, { maxCount: 1 }))
    if (isEvent(event, LedgerCreated)) return event.data.ledgerId;
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
