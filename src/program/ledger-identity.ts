import type { Kysely } from 'kysely';
import type { Chance } from '../clock.js';
import { bindLedger, boundLedger } from '../db/ledger-identity.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import { type EventLog, RevisionConflictError } from '../ledger/event-log.js';
import { isEvent } from '../ledger/event-registry.js';
import type { Ledger } from '../ledger/ledger.js';
import { LedgerCreated } from '../ledger/ledger-events.js';
import { EMPTY_HEAD } from '../ledger/stream-head.js';
import { LEDGER_STREAM } from '../ledger/streams.js';
import { productEvents } from './product-events.js';

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
  const bound = await boundLedger(db);
  const ledgerId = (await ledgerIdIn(ledger.log)) ?? (await createLedgerId(ledger, bound, chance));
  await bindLedger(db, ledgerId);
  await ledger.log.head();
  return ledgerId;
}

/** The id in the first event of a log; undefined when the log is empty. */
export async function ledgerIdIn(log: Pick<EventLog, 'read'>): Promise<string | undefined> {
  for await (const raw of log.read(LEDGER_STREAM, { maxCount: 1 })) {
    const event = productEvents.decode(raw);
    if (isEvent(event, LedgerCreated)) return event.data.ledgerId;
  }
  return undefined;
}

/** What is wrong where the log of a bound database is empty. */
export const emptyLogText = (bound: string): string =>
  `The database belongs to the log ${bound}, but the event store is empty. ` +
  'Restore the event store, or start with an empty database.';

async function createLedgerId(
  ledger: Ledger,
  remembered: string | undefined,
  chance: Chance,
): Promise<string> {
  if (remembered !== undefined) throw new ForeignLedgerError(emptyLogText(remembered));
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
    const others = await ledgerIdIn(ledger.log);
    if (others === undefined) throw error;
    return others;
  }
}
