import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { removeEndedExports } from '../db/export-files.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import { takeDueWork } from '../db/scheduled-work.js';

const WORK = 'export-removal';
const REMOVE_EVERY_MS = 3_600_000;

/**
 * Removes the files of exports whose time has ended, when this work is due and no other process has taken it. Resolves
 * to the number of removed files, or undefined when the work wasn't due. Errors: those of the database.
 */
export async function removeEndedExportsWhenDue({
  primary,
  logger,
}: {
  readonly primary: Kysely<PrimaryTables>;
  readonly logger: Logger;
}): Promise<number | undefined> {
  if (!(await takeDueWork(primary, WORK, REMOVE_EVERY_MS))) return undefined;
  const removed = await removeEndedExports(primary);
  if (removed > 0) logger.info({ removed }, 'files of exports whose time had ended were removed');
  return removed;
}
