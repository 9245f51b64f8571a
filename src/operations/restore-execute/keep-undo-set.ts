import { v5 as uuidv5 } from 'uuid';
import { backupSetEntity } from '../../entities/backup-set/backup-set.js';
import { readBackupSet } from '../../entities/backup-set/read-backup-set.js';
import { RevisionConflictError } from '../../ledger/event-log.js';
import type { EventDraft } from '../../ledger/event-registry.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { EMPTY_HEAD } from '../../ledger/stream-head.js';
import { readRun } from '../../runs/read-operation.js';
import { bounded } from '../../runs/run-events.js';
import { findSnapshot } from '../../snapshots/read-snapshot.js';
import { begunRestores } from '../restore-policy/begun-restores.js';
import type { RunHandle } from '../run-handle.js';

const NAME_LENGTH_MAX = 200;
/** Items take some 80 bytes each, so that an event stays below 64 KiB. */
const ITEMS_PER_EVENT = 500;
/** The id of a run's undo set is derived from the run, so that a repetition fills the same set. */
const NAMESPACE = '0b6b2f58-7d2b-4c53-9d0e-1c7c9f0e7a11';

/**
 * Makes a backup set of everything that a restore has changed, as it was before, also of policies whose restore
 * failed half way. A later call adds what was changed since. Resolves to the set's id, or to undefined when nothing that
 * was there was changed. Errors: those of the ledger and of the run.
 */
export async function keepUndoSet(
  run: Pick<RunHandle, 'tenantId' | 'runId' | 'produce'>,
  ledger: LedgerReader,
  name: string,
): Promise<string | undefined> {
  const { tenantId, runId } = run;
  const begun = await begunRestores(readRun(ledger, tenantId, runId));
  const items: { snapshot: string; bytes: number; withheld: number }[] = [];
  for (const { before } of begun.values()) {
    const snapshot = before === null ? undefined : await findSnapshot(ledger, tenantId, before);
    if (snapshot)
      items.push({ snapshot: snapshot.id, bytes: snapshot.bytes, withheld: snapshot.withheld.count });
  }
  if (items.length === 0) return undefined;
  const setId = uuidv5(runId, NAMESPACE);
  const kept = await readBackupSet(ledger, tenantId, setId);
  if (!kept)
    await append({
      type: 'BackupSetCreated',
      data: { name: bounded(name, NAME_LENGTH_MAX), origin: { kind: 'restore', runId } },
    });
  const known = new Set(kept && [...kept.items.values()].map(({ snapshot }) => snapshot));
  const added = items.filter(({ snapshot }) => !known.has(snapshot));
  for (let from = 0; from < added.length; from += ITEMS_PER_EVENT)
    await append({
      type: 'BackupItemsAdded',
      data: {
        options: { includeAssignments: true, includeScopeTags: true },
        items: added.slice(from, from + ITEMS_PER_EVENT),
      },
    });
  return setId;

  /** Appends at the present end of the set's stream. */
  async function append(draft: EventDraft): Promise<void> {
    for (;;) {
      const set = await readBackupSet(ledger, tenantId, setId);
      try {
        await run.produce(backupSetEntity.stream(tenantId, setId), draft, set?.head ?? EMPTY_HEAD);
        return;
      } catch (error) {
        if (!(error instanceof RevisionConflictError)) throw error;
      }
    }
  }
}
