import { setUsesEntity } from '../../entities/backup-set/set-uses.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import type { RunHandle } from '../run-handle.js';
import { produceAtEnd } from './produce-at-end.js';

/**
 * Records that a run uses a backup set, before it reads the set, so that the retention of a schedule doesn't expire
 * the set meanwhile. Errors: those of the run.
 */
export async function useBackupSet(
  run: Pick<RunHandle, 'tenantId' | 'runId' | 'produce'>,
  ledger: LedgerReader,
  setId: string,
): Promise<void> {
  const stream = setUsesEntity.stream(run.tenantId, setId);
  await produceAtEnd(run, ledger, stream, { type: 'BackupSetUsed', data: { runId: run.runId } });
}
