import { readSnapshotContent, SnapshotContentGoneError } from '../../snapshots/read-snapshot.js';
import { ItemBudgetSpent } from '../budgets.js';
import type { OperationServices } from '../operation-services.js';
import type { ExportedPolicy } from './export-events.js';
import { findStored, type StoredItem } from './export-items.js';
import { type ExportRun, failedItem, itemIdOf, recordExported } from './export-outcomes.js';

/**
 * Checks that the content of a stored version is there, and records its item; undefined when the content is gone or
 * the item was recorded before. Errors: RunFailure when the log has no such version; those of the run.
 */
export async function readStored(
  run: ExportRun,
  services: OperationServices,
  { version, without }: StoredItem,
): Promise<ExportedPolicy | undefined> {
  const found = await findStored(services, run.tenantId, version);
  if (!found) throw run.failure('artifact_missing', 'This version is no longer in the tenant’s log.');
  const exported = { ...found, itemId: itemIdOf(found), without: [...without] };
  if (run.recorded.has(exported.itemId)) return undefined;
  const content = { ...exported, id: exported.snapshot ?? exported.itemId };
  try {
    await run.withinItemBudget(() => readSnapshotContent(services.artifacts, run.tenantId, content));
    await recordExported(run, exported);
    return exported;
  } catch (error) {
    if (!(error instanceof SnapshotContentGoneError || error instanceof ItemBudgetSpent)) throw error;
    const reasonCode = error instanceof ItemBudgetSpent ? error.reasonCode : 'artifact_missing';
    await run.record(failedItem(exported, { reasonCode, reason: error.message }));
    return undefined;
  }
}
