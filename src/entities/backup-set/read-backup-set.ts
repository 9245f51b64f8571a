import { isEvent } from '../../ledger/event-registry.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { EMPTY_HEAD, headAfter, type StreamHead } from '../../ledger/stream-head.js';
import { type BackupItem, type BackupSet, backupSetEntity, itemsIn } from './backup-set.js';
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
  // Added once at the end: a set that a restore fills has an event for each policy, and each would copy all items.
  const added: (readonly [string, BackupItem])[] = [];
  for await (const event of ledger.read(backupSetEntity.stream(tenantId, setId))) {
    if (isEvent(event, BackupItemsAdded)) added.push(...(set ? itemsIn(event) : []));
    else if (isEvent(event, ...backupSetEntity.events)) set = backupSetEntity.evolve(set, event);
    head = headAfter(event);
  }
  return set ? { ...set, items: new Map([...set.items, ...added]), head } : undefined;
}
