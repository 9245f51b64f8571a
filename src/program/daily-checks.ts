import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { PrimaryTables } from '../db/primary-tables.js';
import { takeDueWork } from '../db/scheduled-work.js';
import type { StartDependencies } from '../starting/start-run.js';
import type { TenantDirectory } from '../tenancy/tenant-directory.js';
import { startConnectionCheck } from './start-connection-check.js';

const WORK = 'connection-checks';
const CHECK_EVERY_MS = 24 * 3_600_000;

/**
 * Starts a check of every tenant's connection, when this work is due and no other process has taken it (C3). If
 * the process dies during the work, the remaining tenants are checked the next day. Resolves to the number of
 * runs, or undefined when the work wasn't due. Errors: those of the database and of the ledger.
 */
export async function startDailyChecks(deps: {
  readonly starts: StartDependencies;
  readonly directory: TenantDirectory;
  readonly primary: Kysely<PrimaryTables>;
  readonly chance: { uuid(): string };
  readonly logger: Logger;
}): Promise<number | undefined> {
  const { starts, directory, primary, chance, logger } = deps;
  if (!(await takeDueWork(primary, WORK, CHECK_EVERY_MS, CHECK_EVERY_MS))) return undefined;
  let started = 0;
  for (const { tenantId, graphBaseUrl, graphSignIn } of directory.all()) {
    if (graphBaseUrl === null) continue;
    const result = await startConnectionCheck(starts, {
      tenantId,
      credentialId: graphSignIn?.credential.id ?? null,
      initiator: { kind: 'schedule', scheduleId: WORK, name: 'Daily connection check' },
      correlationId: chance.uuid(),
    });
    if (result.kind === 'refused')
      logger.warn({ tenantId, code: result.code }, 'the daily check of a connection was refused');
    else started += 1;
  }
  return started;
}
