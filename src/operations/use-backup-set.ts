import { setUsesEntity } from '../entities/backup-set/set-uses.js';
import { RevisionConflictError } from '../ledger/event-log.js';
import type { LedgerReader } from '../ledger/ledger.js';
import { EMPTY_HEAD, headAfter } from '../ledger/stream-head.js';
import type { RunHandle } from './run-handle.js';

/**
 * Records that a run uses a backup set, before it reads the set, so that no schedule's retention expires the set
 * meanwhile. Errors: those of the run.
 */
export async function useBackupSet(
  run: Pick<RunHandle, 'tenantId' | 'runId' | 'produce'>,
  ledger: LedgerReader,
  setId: string,
): Promise<void> {
  const stream = setUsesEntity.stream(run.tenantId, setId);
  for (;;) {
    const last = await ledger.last(stream);
    const head = last ? headAfter(last) : EMPTY_HEAD;
    try {
      await run.produce(stream, { type: 'BackupSetUsed', data: { runId: run.runId } }, head);
      return;
    } catch (error) {
      if (!(error instanceof RevisionConflictError)) throw error;
    }
  }
}
