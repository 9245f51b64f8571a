import { isEvent } from '../../ledger/event-registry.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { EMPTY_HEAD, headAfter, type StreamHead } from '../../ledger/stream-head.js';
import { addItems, type BackupItem, type BackupSet, backupSetEntity } from './backup-set.js';
import { BackupItemsAdded } from './backup-set-events.js';

/** A backup set as the log has it, with the head of its stream. */
export interface ReadBackupSet extends BackupSet {
  readonly head: StreamHead;
}

/**
 * Reads a backup set from the log; undefined when the tenant has no such set. The names and contents of its policies
 * are in their snapshots. Errors: those of the ledger.
 */
export async function readBackupSet(
  ledger: LedgerReader,
  tenantId: string,
  setId: string,
): Promise<ReadBackupSet | undefined> {
  let set = backupSetEntity.initial;
  let head = EMPTY_HEAD;
  const items = new Map<string, BackupItem>();
  for await (const event of ledger.read(backupSetEntity.stream(tenantId, setId))) {
    if (isEvent(event, ...backupSetEntity.events)) set = backupSetEntity.evolve(set, event);
    if (set && isEvent(event, BackupItemsAdded)) addItems(items, event);
    head = headAfter(event);
  }
  return set ? { ...set, items, head } : undefined;
}
