import { type SetUse, setUsesEntity } from '../../entities/backup-set/set-uses.js';
import type { TenantPair } from '../../entities/mapping/read-mapping.js';
import type { EventDraft } from '../../ledger/event-registry.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { countsSoFar } from '../handling/item-outcomes.js';
import { produceAtEnd } from '../handling/produce-at-end.js';
import type { RunHandle } from '../run-handle.js';

type Run = Pick<RunHandle, 'tenantId' | 'runId' | 'produce' | 'recorded' | 'repeated'>;

/**
 * Records that a run of another tenant uses a backup set, in the tenant that the set belongs to. The event is an audit
 * entry there in the name of the person who started the run, and retention keeps the set because of it. Errors: those of the run.
 */
export async function recordUse(
  run: Run,
  ledger: LedgerReader,
  pair: TenantPair,
  { setId, name, use }: { readonly setId: string; readonly name: string; readonly use: SetUse },
): Promise<void> {
  const data = { runId: run.runId, otherTenantId: pair.targetTenantId, name, use };
  await recordIn(run, ledger, pair, setId, { type: 'BackupSetUsedByOtherTenant', data });
}

/** Records in the tenant of the backup set what a live restore to another tenant has done. Errors: those of the run. */
export async function recordRestored(
  run: Run,
  ledger: LedgerReader,
  pair: TenantPair,
  { setId, name }: { readonly setId: string; readonly name: string },
): Promise<void> {
  const { succeeded, skipped, failed } = countsSoFar(run);
  const data = {
    runId: run.runId,
    otherTenantId: pair.targetTenantId,
    name,
    succeeded,
    skipped,
    failed,
  };
  await recordIn(run, ledger, pair, setId, { type: 'BackupSetRestoredToOtherTenant', data });
}

async function recordIn(
  run: Run,
  ledger: LedgerReader,
  { sourceTenantId }: TenantPair,
  setId: string,
  draft: EventDraft,
): Promise<void> {
  await produceAtEnd(run, ledger, setUsesEntity.stream(sourceTenantId, setId), draft, sourceTenantId);
}
