import { v5 as uuidv5 } from 'uuid';
import { createBackupSet } from '../entities/backup-set/backup-set.js';
import type { ChangeRequest } from '../ledger/entity-command.js';
import type { Ledger } from '../ledger/ledger.js';
import type { OperationCatalogue } from '../operations/registry.js';
import { schedulableTypes, setScheduleFor } from '../operations/set-schedule.js';

/** How many nights the schedule keeps. */
const NIGHTS_KEPT = 14;

/** Makes the demo's backup set, once; resolves to its id. Errors: those of the ledger. */
export async function makeDemoSet(ledger: Ledger, change: ChangeRequest): Promise<string> {
  const setId = uuidv5('backup set', change.tenantId);
  await createBackupSet.carryOut(ledger, { setId, name: 'Before the pilot ring' }, change);
  return setId;
}

/** Makes the demo's schedule of backups, once. Errors: those of the ledger. */
export async function makeDemoSchedule(
  ledger: Ledger,
  operations: OperationCatalogue,
  change: ChangeRequest,
): Promise<void> {
  const nightly = {
    scheduleId: uuidv5('schedule', change.tenantId),
    name: 'Nightly backup',
    operationType: 'backup_schedule.run',
    cron: '0 2 * * *',
    zone: 'Europe/Berlin',
    given: { keep: NIGHTS_KEPT, includeAssignments: true, includeScopeTags: true },
    missed: 'make_up_once' as const,
  };
  await setScheduleFor(schedulableTypes(operations.values())).carryOut(ledger, nightly, change);
}
