import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { newestSeenEvent, storeSeenEvent } from '../db/ledger-identity.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import type { HistoryMemory } from '../ledger/event-store-log.js';

/**
 * The database's memory of its log: the newest event that a process has seen. A process that starts recognizes the
 * log by it. While the database is away nothing is remembered. Errors: those of the database, for the first read.
 */
export async function historyMemory(db: Kysely<PrimaryTables>, logger: Logger): Promise<HistoryMemory> {
  return {
    remembered: await newestSeenEvent(db),
    remember: (newest) => remember(db, newest, logger),
  };
}

async function remember(
  db: Kysely<PrimaryTables>,
  newest: Parameters<HistoryMemory['remember']>[0],
  logger: Logger,
): Promise<void> {
  try {
    await storeSeenEvent(db, newest);
  } catch (error) {
    // The checks of the database tell people of its trouble.
    logger.debug({ err: error }, 'the newest event of the log could not be remembered');
  }
}
