import { v5 as uuidv5 } from 'uuid';
import { backupSetEntity } from '../../entities/backup-set/backup-set.js';
import { readBackupSet } from '../../entities/backup-set/read-backup-set.js';
import {
  BackupSetUsed,
  BackupSetUsedByOtherTenant,
  setUsesEntity,
} from '../../entities/backup-set/set-uses.js';
import { DueTimeStarted, dueTimesEntity, ScheduleStartedByHand } from '../../entities/schedule/due-times.js';
import { isEvent } from '../../ledger/event-registry.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { LIFECYCLE_EVENTS, RunCompleted } from '../../runs/run-events.js';
import { streamOfRun } from '../../runs/run-streams.js';
import type { MadeSet } from './sets-to-expire.js';

const NAMESPACE = '3f1e8a56-7a0b-5b62-9d0e-6f3c2f0f3d55';

/** How many due times are read back; after this many expired sets in a row, the older ones have expired as well. */
const LOOKED_BACK_MAX = 2_000;
const EXPIRED_IN_A_ROW = 50;

/** The id of the set of a due time; a run that is started again fills the same set. */
export const setIdOf = (scheduleId: string, dueAt: string): string =>
  uuidv5(`${scheduleId}/${dueAt}`, NAMESPACE);

/**
 * The sets of a schedule that have not expired, by the due times and the starts by hand that have a run. Errors: those of
 * the ledger.
 */
export async function madeSets(
  ledger: LedgerReader,
  tenantId: string,
  scheduleId: string,
): Promise<readonly MadeSet[]> {
  const sets: MadeSet[] = [];
  const seen = new Set<string>();
  let expired = 0;
  const times = ledger.read(dueTimesEntity.stream(tenantId, scheduleId), {
    direction: 'backwards',
    maxCount: LOOKED_BACK_MAX,
  });
  for await (const event of times) {
    if (!isEvent(event, DueTimeStarted, ScheduleStartedByHand)) continue;
    const { dueAt, runId } = event.data;
    const setId = setIdOf(scheduleId, dueAt);
    // A run that was started again for a due time fills the same set.
    if (seen.has(setId)) continue;
    seen.add(setId);
    const last = await ledger.last(backupSetEntity.stream(tenantId, setId));
    if (!last) continue;
    expired = last.type === 'BackupSetExpired' ? expired + 1 : 0;
    if (expired === EXPIRED_IN_A_ROW) break;
    if (expired > 0) continue;
    const end = await ledger.last(streamOfRun(tenantId, runId));
    const counts = end && isEvent(end, RunCompleted) ? end.data.counts : undefined;
    sets.push({
      setId,
      runId,
      dueAt: Date.parse(dueAt),
      complete: counts !== undefined && counts.failed === 0 && counts.succeeded > 0,
    });
  }
  return sets;
}

/** Whether a run that uses the set, or fills it, is active. Errors: those of the ledger. */
export async function isInUse(
  ledger: LedgerReader,
  tenantId: string,
  { setId, runId: madeBy }: Pick<MadeSet, 'setId' | 'runId'>,
): Promise<boolean> {
  /** The tenant of each run. */
  const runs = new Map([[madeBy, tenantId]]);
  for await (const event of ledger.read(setUsesEntity.stream(tenantId, setId))) {
    if (isEvent(event, BackupSetUsed)) runs.set(event.data.runId, tenantId);
    if (isEvent(event, BackupSetUsedByOtherTenant)) runs.set(event.data.runId, event.data.otherTenantId);
  }
  for (const { addedBy } of (await readBackupSet(ledger, tenantId, setId))?.items.values() ?? [])
    if (addedBy !== null) runs.set(addedBy, tenantId);
  for (const [runId, ofTenant] of runs) if (await isRunActive(ledger, ofTenant, runId)) return true;
  return false;
}

const ENDS: readonly string[] = ['RunCompleted', 'RunFailed', 'RunAborted'];

/** Whether a run has not ended; a later run of its operation means that it has. */
async function isRunActive(ledger: LedgerReader, tenantId: string, runId: string): Promise<boolean> {
  const last = await ledger.last(streamOfRun(tenantId, runId));
  return last?.envelope.runId === runId && !(isEvent(last, ...LIFECYCLE_EVENTS) && ENDS.includes(last.type));
}
